import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { debuglog } from 'node:util';
import { makeDirectoryDurably, syncDirectory, systemErrorCode } from '@holdfast/durable';
import { atRest, type FileFacts, factsOf, isFileFacts, KeptRecords, sameFacts } from '@holdfast/options';
import { cacheError } from './cache-error.js';
import type { Layout } from './layout.js';
import { createTemporary, removeLeft } from './temporary-file.js';
import { dataDigest, NotWrittenError, writeConverted } from './write-converted.js';

const debug = debuglog('holdfast:model-zoo');

export interface ConvertedFileOptions {
  /** Keep what a file was like when its data had its digest. */
  records?: Pick<KeptRecords, 'read' | 'keep'>;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * Makes the file `int8-….safetensors`, unless it is there and undamaged. Several processes may do so at once: each
 * writes a file of its own, all get the same bytes, and the last one stays.
 *
 * @param path of the file; its folder is created.
 * @throws CacheError if the folder cannot take it; WeightsError for weights that are not finite, or end too early; what the
 * file system throws for the weights.
 */
export async function makeConvertedFile(
  path: string,
  layout: Layout,
  options: ConvertedFileOptions = {},
): Promise<void> {
  const inCache = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause: unknown) => {
      throw cacheError(path, layout.size, cause);
    });
  await removeLeft(dirname(path));
  if (await inCache(isWhole(path, layout, options))) return;
  await inCache(makeDirectoryDurably(dirname(path)));
  debug('%s is written', path);
  const { temporary, file } = await inCache(createTemporary(path));
  try {
    try {
      await writeConverted(file, layout);
      await inCache(file.sync());
      // Before it is closed: its lock keeps others from removing it.
      await inCache(rename(temporary, path));
    } finally {
      await file.close();
    }
    await inCache(syncDirectory(dirname(path)));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    // Another process may have made it; some systems do not replace a file that is mapped.
    if (systemErrorCode(causeIn(error)) !== null && (await isWhole(path, layout, options).catch(() => false)))
      return;
    throw error instanceof NotWrittenError ? cacheError(path, layout.size, error.cause) : error;
  }
}

const causeIn = (error: unknown): unknown => (error as Error).cause ?? error;

/** Whether the file has the length, head and data that it was written with. Its data is not read again if nothing changed it. */
async function isWhole(
  path: string,
  layout: Layout,
  { records = new KeptRecords('int8-files'), now = Date.now }: ConvertedFileOptions,
): Promise<boolean> {
  const facts = await factsIfThere(path);
  if (facts === null) return false;
  const key = [facts.path, createHash('sha256').update(layout.head('')).digest('hex')];
  const kept = await records.read(key);
  if (isFileFacts(kept) && sameFacts(kept, facts)) {
    debug('%s is as it was when it was checked', path);
    return true;
  }
  const begun = now();
  const whole = facts.bytes === String(layout.size) && (await holdsItsData(path, layout));
  debug('%s is %s', path, whole ? 'whole' : 'damaged');
  const after = await factsIfThere(path);
  if (whole && after !== null && sameFacts(facts, after) && atRest(facts, begun))
    await records.keep(key, facts);
  return whole;
}

async function factsIfThere(path: string): Promise<FileFacts | null> {
  return factsOf(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
}

async function holdsItsData(path: string, layout: Layout): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(layout.dataAt);
    await file.read(head, 0, head.length, 0);
    return head.equals(layout.head(await dataDigest(file, layout)));
  } finally {
    await file.close();
  }
}
