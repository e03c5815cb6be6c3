import { createReadStream } from 'node:fs';
import { RunFolderError } from '@holdfast/run-folder';

/** Reads a list of IDs, one a line; blank lines are nothing, and neither is a byte order mark of UTF-8. */
export async function idsIn(lines: AsyncIterable<Uint8Array>): Promise<string[]> {
  const parts: Uint8Array[] = [];
  for await (const part of lines) parts.push(part);
  return Buffer.concat(parts)
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

/** What is wrong with a path that cannot be read as a list. */
const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; check the path',
  ENOTDIR: 'no such file; check the path',
  EISDIR: 'it is a folder; name a file with IDs, one a line',
};

/** Reads a file with a list of IDs, as `idsIn`. @throws RunFolderError if there is no such file. */
export async function listedIds(path: string): Promise<string[]> {
  try {
    return await idsIn(createReadStream(path));
  } catch (cause) {
    const fault = FAULTS[(cause as NodeJS.ErrnoException).code ?? ''];
    throw fault === undefined ? cause : new RunFolderError(`${path}: ${fault}`, { cause });
  }
}
