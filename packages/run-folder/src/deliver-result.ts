import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { debuglog } from 'node:util';
import {
  isThere,
  makeDirectoryDurably,
  removeDurably,
  sha256File,
  writeFileDurably,
} from '@holdfast/durable';
import type { Layout } from './layout.js';
import type { ResultRecord } from './records/result-record.js';
import { resultPaths } from './result-paths.js';
import { RunFolderError } from './run-folder-error.js';

const debug = debuglog('holdfast:run-folder');

type File = ResultRecord['files'][number];

export interface DeliverOptions {
  /** Called before anything is put there, with the bytes of the files to copy. */
  onBegin(bytes: number): Promise<void>;
  signal: AbortSignal;
}

/** Bytes that are copied at a time. */
const PIECE = 1 << 20;

/**
 * Copies a complete result into another folder, its record last, and compares each file's SHA-256. What is already there is left
 * as it is. Files of an earlier result that this one lacks are removed. Copies, because an edit of a link would change the run's
 * own file too.
 *
 * @returns whether anything had to be put there.
 * @throws RunFolderError if a file is no longer what the record says; the signal's reason.
 */
export async function deliverResult(
  from: Layout,
  to: Layout,
  record: ResultRecord,
  { onBegin, signal }: DeliverOptions,
): Promise<boolean> {
  const text = await readFile(from.result, 'utf8');
  const wanted = new Set([basename(to.result), ...record.files.map(({ file }) => file)]);
  // A killed command may have left them.
  for (const path of resultPaths(to)) await rm(`${path}.tmp`, { force: true });
  const superfluous = [
    ...resultPaths(to).filter((path) => !wanted.has(basename(path)) && isThere(path)),
    ...(await otherOutputs(to, record)),
  ];
  const missing: File[] = [];
  for (const file of record.files) if (!(await isAlready(to, file, signal))) missing.push(file);
  const recorded = (await readFile(to.result, 'utf8').catch(() => null)) === text;
  if (recorded && missing.length === 0 && superfluous.length === 0) return false;
  await onBegin(missing.reduce((sum, { bytes }) => sum + bytes, 0));
  debug('%s gets %d file(s) of the result in %s', to.out, missing.length, from.out);
  // Until all files are there, nothing may vouch for them.
  if (isThere(to.result)) await removeDurably(to.result);
  for (const path of superfluous) await removeDurably(path);
  if (missing.some(({ file }) => file.includes('/'))) await makeDirectoryDurably(to.outputs);
  for (const file of missing) {
    signal.throwIfAborted();
    await put(join(from.out, file.file), join(to.out, file.file), file, signal);
  }
  await writeFileDurably(to.result, text);
  return true;
}

/** What is in the folder of further outputs and not part of the result, left by a killed command too. */
async function otherOutputs(to: Layout, { files }: ResultRecord): Promise<string[]> {
  const wanted = new Set(files.map(({ file }) => join(to.out, file)));
  const found = await readdir(to.outputs).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const others = found.map((name) => to.output(name)).filter((path) => !wanted.has(path));
  const own = files.some(({ file }) => dirname(join(to.out, file)) === to.outputs);
  // Without any, the folder goes.
  return own || !isThere(to.outputs) ? others : [to.outputs];
}

/** Whether the file is there with the right bytes. */
async function isAlready(to: Layout, { file, bytes, sha256 }: File, signal: AbortSignal): Promise<boolean> {
  const path = join(to.out, file);
  try {
    return (await stat(path)).size === bytes && (await sha256File(path, signal)) === sha256;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function put(source: string, target: string, { sha256 }: File, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await writeFileDurably(target, async (sink) => {
    for await (const chunk of createReadStream(source, { highWaterMark: PIECE })) {
      signal.throwIfAborted();
      hash.update(chunk);
      await sink.write(chunk);
    }
    if (hash.digest('hex') !== sha256)
      throw new RunFolderError(
        `${source} changed while it was copied to ${target}; rerun the same command, which checks it first`,
      );
  });
}
