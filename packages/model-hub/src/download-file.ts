import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { removeDurably, renameDurably } from '@holdfast/durable';
import type { HubAnswer, HubClient } from './client.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName } from './hub-name.js';
import type { HubFile } from './listing.js';

export interface DownloadOptions {
  client: HubClient;
  name: HubName;
  commit: string;
  signal: AbortSignal;
  /** Bytes of the file that are there now; it can become fewer if what was there was wrong. */
  onBytes(bytes: number): void;
}

/** What the file is called until it is complete and proven. */
export const partOf = (path: string) => `${path}.holdfast`;

/**
 * Downloads a file, or the rest of it, and gives it its name once its checksum is right and it is durable.
 *
 * @param path where it goes. The caller holds the model's lock.
 * @throws HubError `hub_wrong_bytes` if the checksum is wrong twice; others of the client; errors of the file system;
 * the signal's reason.
 */
export async function downloadFile(file: HubFile, path: string, options: DownloadOptions): Promise<void> {
  const part = partOf(path);
  for (const last of [false, true]) {
    const handle = await open(part, 'a+');
    try {
      if ((await filled(file, part, handle, options)) === file.etag) {
        await handle.sync();
        break;
      }
    } finally {
      await handle.close();
    }
    await removeDurably(part);
    options.onBytes(0);
    if (last)
      throw new HubError(
        'hub_wrong_bytes',
        `${formatHubName(options.name)}, ${file.name}`,
        'what the hub sends differs from its checksum, twice',
        'rerun the same command; if it stays so, something between here and the hub changes files (a proxy, HTTPS_PROXY), or the mirror is damaged (HF_ENDPOINT)',
      );
  }
  await renameDurably(part, path);
}

/** Appends what is missing. Returns the checksum of the whole. */
async function filled(
  file: HubFile,
  part: string,
  handle: FileHandle,
  { client, name, commit, signal, onBytes }: DownloadOptions,
): Promise<string> {
  const path = `${name.id}/resolve/${commit}/${file.name.split('/').map(encodeURIComponent).join('/')}`;
  let { size } = await handle.stat();
  let hash = hasher(file);
  const restart = async () => {
    await handle.truncate(0);
    [size, hash] = [0, hasher(file)];
  };
  if (size > file.bytes) await restart();
  if (size > 0) for await (const chunk of createReadStream(part, { signal })) hash.update(chunk as Buffer);
  onBytes(size);
  /** The most bytes that were there; fewer are no success. */
  let most = size;
  while (size < file.bytes) {
    const answer = await client.get(path, name, size > 0 ? { range: `bytes=${size}-` } : {});
    let reason = 'the connection ended early';
    let cause: unknown;
    const before = most;
    if (firstByte(answer) !== size) await restart();
    try {
      if (firstByte(answer) === size)
        for await (const chunk of answer.body) {
          const bytes = (chunk as Buffer).subarray(0, file.bytes - size);
          await written(handle, bytes);
          hash.update(bytes);
          size += bytes.length;
          if (size > most) client.succeeded();
          most = Math.max(most, size);
          onBytes(size);
          if (size === file.bytes) break;
        }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DiskError) throw error.cause;
      [reason, cause] = [(error as Error).message, error];
    }
    answer.body.destroy();
    if (size < file.bytes && most <= before) await client.failed(reason, name, { cause });
  }
  return hash.digest('hex');
}

/** The first byte that an answer holds; a server without ranges sends all. NaN: none that is asked for. */
function firstByte({ status, headers }: HubAnswer): number {
  if (status === 200) return 0;
  const [, first] = (status === 206 && /^bytes (\d+)-/.exec(String(headers['content-range']))) || [];
  return first === undefined ? Number.NaN : Number(first);
}

/** The disk is at fault, not the network. */
class DiskError extends Error {}

async function written(handle: FileHandle, bytes: Buffer): Promise<void> {
  try {
    // A disk that is nearly full takes a part, and then nothing.
    for (let done = 0; done < bytes.length; )
      done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
  } catch (cause) {
    throw new DiskError('', { cause });
  }
}

/** Whether a file that is there has its checksum. @throws the signal's reason; what the file system throws. */
export async function isProven(file: HubFile, path: string, signal: AbortSignal): Promise<boolean> {
  const hash = hasher(file);
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
  return hash.digest('hex') === file.etag;
}

/** SHA-256, or SHA-1 of git's form of a file. */
function hasher({ etag, bytes }: HubFile): Hash {
  return etag.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`);
}
