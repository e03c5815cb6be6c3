import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';

/** What changes when a file is changed or replaced. Numbers are decimal text, for they may exceed what JSON carries. */
export interface FileFacts {
  /** Without symbolic links. */
  path: string;
  bytes: string;
  /** Nanoseconds since 1970. No program can set `ctime`, so a restored `mtime` does not hide a change. */
  mtimeNs: string;
  ctimeNs: string;
  inode: string;
  device: string;
}

/** Milliseconds that a file must rest: a clock of a file system may tick only every two seconds (FAT). */
const REST = 3000;

/** @throws the system's error if the file is not there or cannot be read. */
export async function factsOf(path: string): Promise<FileFacts> {
  await access(path, constants.R_OK);
  const real = await realpath(path);
  const { size, mtimeNs, ctimeNs, ino, dev } = await stat(real, { bigint: true });
  return {
    path: real,
    bytes: String(size),
    mtimeNs: String(mtimeNs),
    ctimeNs: String(ctimeNs),
    inode: String(ino),
    device: String(dev),
  };
}

export const sameFacts = (one: FileFacts, other: FileFacts): boolean =>
  one.path === other.path &&
  one.bytes === other.bytes &&
  one.mtimeNs === other.mtimeNs &&
  one.ctimeNs === other.ctimeNs &&
  one.inode === other.inode &&
  one.device === other.device;

/**
 * Whether every later change will show in the facts. A file that was changed just now may change again within one tick of the
 * file system's clock, and keep its times.
 *
 * @param at milliseconds since 1970, before the file was read.
 */
export function atRest({ mtimeNs, ctimeNs }: Pick<FileFacts, 'mtimeNs' | 'ctimeNs'>, at: number): boolean {
  const before = BigInt(Math.floor(at) - REST) * 1_000_000n;
  return BigInt(mtimeNs) < before && BigInt(ctimeNs) < before;
}

const NAMES = [
  'path',
  'bytes',
  'mtimeNs',
  'ctimeNs',
  'inode',
  'device',
] as const satisfies (keyof FileFacts)[];

/** Whether a value that was kept or sent has the shape of facts. */
export const isFileFacts = (value: unknown): value is FileFacts =>
  NAMES.every((name) => typeof (value as Partial<Record<string, unknown>> | null)?.[name] === 'string');
