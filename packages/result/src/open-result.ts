import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type FormatName,
  formats,
  layout,
  parseResult,
  type ResultRecord,
  RunFolderError,
} from '@holdfast/run-folder';
import { EMBEDDINGS } from './output-names.js';
import { openOutputs, type ResultOutputs } from './result-outputs.js';
import type { RowReader } from './row-reader.js';

/** The result of a complete run. */
export interface Result extends ResultOutputs {
  folder: string;
  record: ResultRecord;
  format: FormatName;
  /** Path of `ids.txt`: the IDs in the rows' order. */
  ids: string;
  /** Path of `sequences.tsv`; null in a result of an earlier version. */
  sequences: string | null;
  /** The rows of the embeddings; the caller closes it. */
  embeddings(): Promise<RowReader>;
}

/**
 * Opens the result in a run's folder, or in a folder that got a copy of it. Compares lengths, and no checksum: `verify` does.
 *
 * @throws RunFolderError if there is no whole result.
 */
export async function openResult(folder: string): Promise<Result> {
  const place = layout(folder);
  const record = await recordIn(place.result, folder);
  const names = record.files.map(({ file }) => file);
  const format = (Object.keys(formats) as FormatName[]).find((each) =>
    names.includes(basename(place.embeddings(each))),
  );
  if (format === undefined)
    throw new RunFolderError(`${place.result}: it names no embeddings; ${mend(folder)}`);
  for (const { file, bytes } of record.files) await checkLength(`${folder}/${file}`, bytes, folder);
  const opened = openOutputs(place, { record, format, mend: mend(folder) });
  return {
    folder,
    record,
    format,
    ids: place.ids,
    sequences: names.includes(basename(place.sequences)) ? place.sequences : null,
    ...opened,
    embeddings: () => opened.rowsOf(EMBEDDINGS),
  };
}

const mend = (folder: string) => `holdfast verify ${folder} says what to do`;

async function recordIn(path: string, folder: string): Promise<ResultRecord> {
  try {
    return parseResult(await readFile(path, 'utf8'));
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw await noResult(folder, cause);
    if (syscall !== undefined) throw cause;
    throw new RunFolderError(`${path}: it is damaged; ${mend(folder)}`, { cause });
  }
}

async function noResult(folder: string, cause: unknown): Promise<RunFolderError> {
  await refuseNoFolder(folder);
  const stands = `holdfast status ${folder} says how the run stands`;
  return new RunFolderError(`${folder}: there is no complete result; ${stands}`, { cause });
}

/** @throws RunFolderError if there is no folder of the name. */
export async function refuseNoFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error && found.code !== 'ENOTDIR') {
    if (found.code !== 'ENOENT') throw found;
    throw new RunFolderError(`${folder}: no such folder; check the path`, { cause: found });
  }
  if (found instanceof Error || !found.isDirectory())
    throw new RunFolderError(`${folder}: it is not a folder; give the --out of a holdfast embed`);
}

async function checkLength(path: string, bytes: number, folder: string): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  if (size === bytes) return;
  const what = size === null ? 'it is missing' : `it has ${size} bytes, but result.json says ${bytes}`;
  throw new RunFolderError(`${path}: ${what}; ${mend(folder)}`);
}
