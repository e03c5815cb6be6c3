import { randomFillSync } from 'node:crypto';
import { mkdtemp, open, readlink, realpath, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { nameSystemErrors, syncsDirectories, systemErrorCode } from '@holdfast/durable';
import { FileLock, LockUnsupportedError } from '@holdfast/file-lock';
import type { FolderFacts } from './facts.js';
import { fileSystemOf } from './file-system.js';

const WRITTEN = 64 * 1024 * 1024;
const BLOCK = 4 * 1024 * 1024;
/** The number of timed fsyncs; their median counts. */
const SYNCS = 5;
/** The errors for a free name, and for a name below a file. */
const NOT_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/**
 * Examines a run's folder: free space, locks, speed. It writes into a temporary folder, and removes that even if the signal stops
 * it. It does not create a missing folder.
 */
export async function probeFolder(out: string, signal: AbortSignal): Promise<FolderFacts> {
  const asked = resolve(out);
  const facts: FolderFacts = {
    asked,
    probed: asked,
    fileSystem: null,
    freeBytes: null,
    refused: null,
    locks: null,
    speed: null,
  };
  let probe: string | undefined;
  try {
    facts.probed = await existingParent(asked);
    facts.fileSystem = await fileSystemOf(await realpath(facts.probed));
    const { bavail, bsize } = await statfs(facts.probed);
    facts.freeBytes = bavail * bsize;
    probe = await mkdtemp(join(facts.probed, '.holdfast-doctor-'));
    facts.syncsFolders = await syncsDirectories(facts.probed);
    facts.locks = await lockProblem(join(probe, 'lock'));
    if (facts.freeBytes > 2 * WRITTEN) facts.speed = await measure(join(probe, 'data'), signal);
    else await measure(join(probe, 'data'), signal, 4096);
  } catch (error) {
    signal.throwIfAborted();
    facts.refused = nameSystemErrors((error as Error).message);
    const code = systemErrorCode(error);
    if (code !== null) facts.refusedBy = code;
  } finally {
    if (probe !== undefined) await rm(probe, { recursive: true, force: true });
  }
  return facts;
}

/** The folder itself, or its closest existing parent. @throws Error that names what prevents creating the folder. */
async function existingParent(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) return path;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!NOT_THERE.has(code) || dirname(path) === path) throw error;
    // A dangling link occupies the name, so no folder can be created.
    const target = await readlink(path).catch(() => null);
    if (target !== null) throw new Error(`${path} is a link to ${target}, which does not exist`);
    return existingParent(dirname(path));
  }
  throw new Error(`${path} is not a folder`);
}

async function lockProblem(path: string): Promise<string | null> {
  try {
    await (await FileLock.acquire(path, { timeoutMs: 0 })).release();
    return null;
  } catch (error) {
    if (error instanceof LockUnsupportedError) return error.reason;
    throw error;
  }
}

/** Writes, syncs, and syncs a little more a few times. The bytes are random: some file systems compress. */
async function measure(path: string, signal: AbortSignal, bytes = WRITTEN): Promise<FolderFacts['speed']> {
  const block = randomFillSync(Buffer.allocUnsafe(Math.min(BLOCK, bytes)));
  const file = await open(path, 'wx');
  try {
    const begun = performance.now();
    for (let written = 0; written < bytes; written += block.length) {
      signal.throwIfAborted();
      await file.writev([block]);
    }
    await file.sync();
    const bytesPerSecond = (1000 * bytes) / (performance.now() - begun);
    const syncs: number[] = [];
    for (let i = 0; i < SYNCS; i++) {
      signal.throwIfAborted();
      await file.write(block, 0, Math.min(4096, bytes));
      const before = performance.now();
      await file.sync();
      syncs.push((performance.now() - before) / 1000);
    }
    return { bytesPerSecond, fsyncSeconds: syncs.sort((a, b) => a - b)[SYNCS >> 1]! };
  } finally {
    await file.close();
  }
}
