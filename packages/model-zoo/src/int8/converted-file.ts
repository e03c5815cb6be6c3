import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { debuglog } from 'node:util';
import { makeDirectoryDurably, syncDirectory } from '@holdfast/durable';
import { WeightsError } from '../weights/weights-error.js';
import type { Layout } from './layout.js';
import { dataDigest, writeConverted } from './write-converted.js';

const debug = debuglog('holdfast:model-zoo');

/** A file that is being written: its final name, then these. */
const TEMPORARY = /^int8-[0-9a-f]+\.safetensors\.[0-9a-f]+\.tmp$/;
/** A temporary file that nobody has written to for this long was left by a process that was killed. */
const LEFT_AFTER_MS = 3_600_000;

/**
 * Makes the file `int8-….safetensors`, unless it is there and undamaged. Several processes may do so at once: each
 * writes a file of its own, all get the same bytes, and the last one stays.
 *
 * @param path of the file; its folder is created.
 * @throws WeightsError for weights that are not finite, or end too early; what the file system throws.
 */
export async function makeConvertedFile(path: string, layout: Layout): Promise<void> {
  if (await isWhole(path, layout)) return;
  const folder = dirname(path);
  await makeDirectoryDurably(folder);
  await removeLeft(folder);
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  debug('%s is written', path);
  try {
    const file = await open(temporary, 'wx+');
    try {
      await writeConverted(file, layout);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncDirectory(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    // Another process may have made it; some systems do not replace a file that is mapped.
    if (!(error instanceof WeightsError) && (await isWhole(path, layout).catch(() => false))) return;
    throw error;
  }
}

/** Whether the file has the length, head and data that it was written with. */
async function isWhole(path: string, layout: Layout): Promise<boolean> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (there === null) return false;
  const whole = there.size === layout.size && (await holdsItsData(path, layout));
  if (!whole) debug('%s is damaged', path);
  return whole;
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

async function removeLeft(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!TEMPORARY.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > LEFT_AFTER_MS) await rm(path, { force: true });
  }
}
