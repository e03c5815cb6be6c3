import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unreadable } from './model-files.js';

/**
 * SHA-256 over `model.onnx`, the weights that exporters put beside it (`model.onnx_data`, `model.onnx.data`), and
 * `settings`, which is hashed as JSON. Each part carries its name and length, so that no two lists of parts run together.
 */
export async function fingerprintOf(folder: string, settings: unknown): Promise<string> {
  const hash = createHash('sha256');
  const head = (name: string, bytes: number) => hash.update(`${name}\n${bytes}\n`);
  const names = (await readdir(folder)).filter((name) => name.startsWith('model.onnx')).sort();
  for (const name of names) {
    const path = join(folder, name);
    try {
      head(name, (await stat(path)).size);
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
    } catch (error) {
      throw unreadable(path, error);
    }
  }
  const text = Buffer.from(JSON.stringify(settings));
  head('settings', text.byteLength);
  return hash.update(text).digest('hex');
}

/** The same JSON value with the keys of all objects in order, so that a file's layout is not hashed. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, of]) => [key, inOrder(of)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
