import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { BuiltGraph } from '@holdfast/model-zoo';
import { ModelError } from '../model-error.js';
import { isFile } from './is-there.js';
import { missing, unreadable } from './model-files.js';
import { refuseStandIn } from './stand-in.js';
import { checksOf } from './weights-checks.js';

/** A part of a fingerprint: bytes in memory, or a file. */
export type FingerprintPart = { name: string } & ({ bytes: Uint8Array } | FilePart);

interface FilePart {
  path: string;
  /** A file of published weights: the checksums in it, if any, are compared in the same pass. */
  weights?: true;
}

/** The parts of a graph in a file. @param weightFiles relative to the graph's folder. */
export function graphParts(modelPath: string, weightFiles: readonly string[]): FingerprintPart[] {
  return [basename(modelPath), ...weightFiles].map((name) => ({
    name,
    path: resolve(dirname(modelPath), name),
  }));
}

/** The parts of a graph that was built from published weights. */
export function publishedParts({
  identity,
  files,
}: Pick<BuiltGraph, 'identity' | 'files'>): FingerprintPart[] {
  return [
    { name: 'graph', bytes: identity },
    ...files.map((path, i) => ({ name: `weights-${i}`, path, weights: true as const })),
  ];
}

/**
 * SHA-256 over the graph, its weight files, and `settings` as JSON. Each part is hashed with its name and
 * length, so different lists of parts cannot hash alike. Other files beside the graph do not count.
 *
 * @throws ModelError `model_file_missing`; `model_load` for a placeholder, such as a Git LFS pointer, and for weights that
 * differ from a checksum in their file.
 */
export async function fingerprintOf(parts: readonly FingerprintPart[], settings: unknown): Promise<string> {
  const hash = createHash('sha256');
  const head = (name: string, bytes: number) => hash.update(`${name}\n${bytes}\n`);
  for (const part of parts) {
    if ('bytes' in part) {
      head(part.name, part.bytes.length);
      hash.update(part.bytes);
      continue;
    }
    const { name, path, weights } = part;
    if (!(await isFile(path))) throw missing(path);
    try {
      const checks = await checksOf(path, weights === true);
      head(name, (await stat(path)).size);
      let first = true;
      for await (const chunk of createReadStream(path)) {
        if (first) refuseStandIn(path, chunk as Buffer, 'model_load');
        first = false;
        hash.update(chunk as Buffer);
        checks.update(chunk as Buffer);
      }
      checks.end();
    } catch (error) {
      throw error instanceof ModelError ? error : unreadable(path, error);
    }
  }
  const text = Buffer.from(JSON.stringify(settings));
  head('settings', text.byteLength);
  return hash.update(text).digest('hex');
}

/** Bytes of files together. @throws the system's error if one is not there. */
export async function bytesOf(paths: Iterable<string>): Promise<number> {
  let sum = 0;
  for (const path of paths) sum += (await stat(path)).size;
  return sum;
}

/** The same JSON value with all keys sorted, so the file's layout does not change the hash. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, of]) => [key, inOrder(of)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
