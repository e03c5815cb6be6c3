import { access, type FileHandle, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasBytes, makeDirectoryDurably, syncDirectory, writeFileDurably } from '@holdfast/durable';
import { outputLock, RunFolderError, soleWriter } from '@holdfast/run-folder';
import type { ExportedFile } from './format.js';

/** Says whose files a folder holds: it is written before them, and again once they are complete. */
const NOTE = '.holdfast-export.json';
/** Files beside it that are there only while it is written. */
const PASSING = [`${NOTE}.tmp`, basename(outputLock(NOTE))];
const STATES = ['clearing', 'writing', 'complete'] as const;
type State = (typeof STATES)[number];

/**
 * Writes the files of a folder. What is there already is compared, so that an export that was interrupted goes on. Whatever was killed, the
 * folder ends with the same files; until then a file is either complete or absent under its name.
 *
 * @param identity of the export: the same for the same result, format and options.
 * @param atOnce files that are written at the same time.
 * @param force whether to replace another export in the folder.
 * @returns how many files were written, and how many were there with the same bytes.
 * @throws BusyError if another command writes there; RunFolderError if the folder holds something else, or its file system does not tell two names apart.
 */
export async function writeExportFolder(
  folder: string,
  files: () => AsyncIterable<ExportedFile>,
  {
    identity,
    force,
    atOnce,
  }: { identity: Readonly<Record<string, unknown>>; force: boolean; atOnce: number },
): Promise<{ written: number; kept: number }> {
  // A format that cannot take the rows says so before there is a folder.
  const coming = files()[Symbol.asyncIterator]();
  let next = await coming.next();
  await makeDirectoryDurably(folder);
  const path = join(folder, NOTE);
  await using _alone = await soleWriter(path);
  const note = (state: State) => `${JSON.stringify({ format: 1, ...identity, state })}\n`;
  const tell = (state: State) => writeFileDurably(path, note(state));
  const names = (await readdir(folder)).filter((name) => !PASSING.includes(name));
  const found = names.includes(NOTE) ? await readFile(path, 'utf8') : null;
  const state = STATES.find((each) => found === note(each)) ?? null;
  const others = names.filter((name) => name !== NOTE && !/\.pt(\.tmp)?$/.test(name));
  if (found === null ? names.length > 0 : others.length > 0)
    throw new RunFolderError(
      `${join(folder, (found === null ? names : others)[0]!)} is there, which no export left; name another folder with --output, or move it away`,
    );
  if (found !== null && state === null && !force)
    throw new RunFolderError(
      `${folder} holds another export; name another folder with --output, or add --force to replace its files`,
    );
  // Files of another export go before any of this one comes, so that none of them stays if the command is killed meanwhile.
  const clears = found !== null && (state === null || state === 'clearing');
  if (clears && state === null) await tell('clearing');
  for (const name of names)
    if (name !== NOTE && (clears || name.endsWith('.tmp'))) await rm(join(folder, name));
  if (state !== 'complete' && state !== 'writing') await tell('writing');
  await refuseLikeNames(folder, files);
  const there = new Set(clears ? [] : names);
  let [written, kept] = [0, 0];
  const put = async ({ name, write }: ExportedFile) => {
    const target = join(folder, name);
    if (there.has(name) && (await hasBytes(target, write))) {
      kept++;
      return;
    }
    const file = await open(`${target}.tmp`, 'w');
    try {
      await write({ write: (part) => writeAll(file, part) });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${target}.tmp`, target);
    written++;
  };
  let busy: Promise<void>[] = [];
  try {
    for (; !next.done; next = await coming.next()) {
      busy.push(put(next.value));
      if (busy.length < atOnce) continue;
      await Promise.all(busy);
      busy = [];
    }
    await Promise.all(busy);
  } finally {
    await Promise.allSettled(busy);
    await coming.return?.();
  }
  await syncDirectory(folder);
  if (state !== 'complete') await tell('complete');
  return { written, kept };
}

async function writeAll(file: FileHandle, part: Uint8Array): Promise<void> {
  for (let done = 0; done < part.length; )
    done += (await file.write(part, done, part.length - done)).bytesWritten;
}

/** @throws RunFolderError if the file system takes two of the names as one, such as one that ignores case. */
async function refuseLikeNames(folder: string, files: () => AsyncIterable<ExportedFile>): Promise<void> {
  const ignoresCase = await access(join(folder, NOTE.toUpperCase())).then(
    () => true,
    () => false,
  );
  if (!ignoresCase) return;
  const seen = new Map<string, string>();
  for await (const { name } of files()) {
    const key = name.normalize('NFC').toLowerCase();
    const other = seen.get(key);
    if (other !== undefined)
      throw new RunFolderError(
        `${folder} is on a file system that takes ${other} and ${name} as one file; name a folder on another one with --output`,
      );
    seen.set(key, name);
  }
}
