import { basename, dirname, join, resolve, sep } from 'node:path';
import { isThere } from '@holdfast/durable';
import { EMBEDDINGS, IdIndex, openResult, type Result } from '@holdfast/result';
import { layout, ownPaths, RunFolderError, withoutLinks } from '@holdfast/run-folder';
import { type ExportName, exportFormats } from './export-formats.js';
import { type ExportSource, exportSource } from './export-source.js';
import type { ExportFormat, OtherRows } from './format.js';
import { valueSource } from './value-source.js';
import { writeExportFile } from './write-export-file.js';
import { writeExportFolder } from './write-export-folder.js';

/** What is exported, and how. */
export interface ExportOptions {
  /** The folder of a complete run, or one that got its result. */
  folder: string;
  to: ExportName;
  /** Which output: `embeddings`, also by their full name such as `mean.layer_33`, or one beside them. Default: `embeddings`. */
  from?: string;
  /** Where to. Default: beside the folder, with its name and the format's ending. */
  output?: string;
  /** Whether to replace what is there and is not this export. Default false. */
  force?: boolean;
  /** For `esm`: the number of the layer. Default: by the name of the layer or the model. */
  esmLayer?: number;
  /** For `virnucpro`: the folder of the other result, whose rows are joined to these. */
  mergeWith?: string;
  signal?: AbortSignal;
  onProgress?(done: number, rows: number): void;
}

/** What an export left. */
export interface Exported {
  path: string;
  rows: number;
  /** Files that were written; 0 if all were there. */
  written: number;
  /** Files that were there with the same bytes. */
  kept: number;
  /** Whether the file holds the IDs; if not, row i belongs to line i of `ids`. */
  holdsIds: boolean;
  /** Path of `ids.txt`. */
  ids: string;
}

/** Formats without IDs. */
const WITHOUT_IDS: readonly ExportName[] = ['npy', 'safetensors'];

/**
 * Writes a result in another format, streaming. The same command leaves the same bytes, whatever was killed before.
 *
 * @throws RunFolderError if there is no whole result, something else is where the export goes, or the format cannot take the rows; the
 * signal's reason.
 */
export async function exportResult(options: ExportOptions): Promise<Exported> {
  const { folder, to, force = false } = options;
  const format: ExportFormat = exportFormats[to];
  const result = await openResult(folder);
  const from = result.outputNamed(options.from ?? EMBEDDINGS);
  const path = options.output ?? defaultOutput(folder, options.from, format);
  refuseRunsOwn(path, folder);
  if (result.valueOutputs.includes(from)) return exportValues(result, path, options);
  await using matrix = await result.rowsOf(from);
  const source = watched(await exportSource(result, matrix), options);
  const { rows } = source;
  const told = { path, rows, holdsIds: !WITHOUT_IDS.includes(to), ids: result.ids };
  if (format.write !== undefined) {
    const { write } = format;
    const { written } = await writeExportFile(path, (sink) => write(sink, source), { force });
    return { ...told, written: Number(written), kept: Number(!written) };
  }
  await using other =
    options.mergeWith === undefined ? null : await otherRows(options.mergeWith, options.from);
  const formatOptions = {
    ...(options.esmLayer !== undefined && { esmLayer: options.esmLayer }),
    ...(other !== null && { mergeWith: other }),
  };
  const identity = {
    to,
    of: digests(result),
    ...(other && { with: other.digests }),
    ...(options.esmLayer !== undefined && { layer: options.esmLayer }),
    ...(from !== EMBEDDINGS && { from }),
  };
  const made = await writeExportFolder(path, () => format.files(source, formatOptions), {
    identity,
    force,
    atOnce: format.atOnce,
  });
  return { ...told, ...made };
}

/** Exports an output of which each sequence has as many numbers as its length asks for. */
async function exportValues(
  result: Result,
  path: string,
  { to, from = '', esmLayer, force = false, signal, onProgress }: ExportOptions,
): Promise<Exported> {
  const format: ExportFormat = exportFormats[to];
  const { values } = format.write === undefined ? {} : format;
  const { valueFiles } = format.write === undefined ? format : {};
  if (values === undefined && valueFiles === undefined)
    throw new RunFolderError(
      `${from} has as many numbers as each sequence asks for, which --to ${to} has no place for; choose h5 or esm, or read the file in ${result.folder}/more_outputs`,
    );
  await using reader = await result.valuesOf(from);
  const plain = valueSource(result, reader, from);
  const source = {
    ...plain,
    async *values() {
      let done = 0;
      for await (const each of plain.values()) {
        signal?.throwIfAborted();
        yield each;
        onProgress?.(++done, plain.rows);
      }
    },
  };
  const told = { path, rows: source.rows, holdsIds: true, ids: result.ids };
  if (values !== undefined) {
    const { written } = await writeExportFile(path, (sink) => values(sink, source), { force });
    return { ...told, written: Number(written), kept: Number(!written) };
  }
  const layer = esmLayer === undefined ? {} : { esmLayer };
  const identity = { to, of: digests(result), from, ...layer };
  const made = await writeExportFolder(path, () => valueFiles!(source, layer), {
    identity,
    force,
    atOnce: format.files === undefined ? 1 : format.atOnce,
  });
  return { ...told, ...made };
}

/** What an export depends on: the rows and their IDs. */
const digests = ({ record }: Result) =>
  Object.fromEntries(record.files.map(({ file, sha256 }) => [file, sha256]));

/** Beside the folder, whose own names belong to the run. */
function defaultOutput(folder: string, from: string = EMBEDDINGS, { ending }: ExportFormat): string {
  const name = basename(resolve(folder)) || 'result';
  return join(folder, '..', `${name}${from === EMBEDDINGS ? '' : `.${from}`}${ending}`);
}

/** @throws RunFolderError if the path is one that a run itself writes and removes, or there is no folder for it. */
export function refuseRunsOwn(path: string, folder: string): void {
  if (path === '-')
    throw new RunFolderError('an export is not printed; name a file with --output, such as --output ./-');
  const parent = dirname(resolve(path));
  if (!isThere(parent))
    throw new RunFolderError(`${parent} is not there; make it first, or name another path with --output`);
  const real = join(withoutLinks(parent), basename(path));
  const place = layout(withoutLinks(folder));
  const own = [...ownPaths(place), place.ownership, place.lock].find(
    (each) => real === each || real.startsWith(each + sep),
  );
  if (own !== undefined || real === place.out)
    throw new RunFolderError(
      `${path} belongs to the run, which writes and removes it itself; name another path with --output`,
    );
}

/** The source with a stop and a report between blocks. */
function watched(source: ExportSource, { signal, onProgress }: ExportOptions): ExportSource {
  return {
    ...source,
    async *blocks(rows) {
      for await (const block of source.blocks(rows)) {
        signal?.throwIfAborted();
        yield block;
        onProgress?.(block.first + block.rows, source.rows);
      }
    },
    async *ids() {
      for await (const ids of source.ids()) {
        signal?.throwIfAborted();
        yield ids;
      }
    },
  };
}

async function otherRows(
  folder: string,
  from: string = EMBEDDINGS,
): Promise<OtherRows & AsyncDisposable & { digests: Record<string, string> }> {
  const result = await openResult(folder);
  const matrix = await result.rowsOf(from);
  const index = await IdIndex.open(result.ids, matrix.rows);
  return {
    source: await exportSource(result, matrix),
    digests: digests(result),
    async row(id) {
      const row = (await index.find([id])).get(id);
      return row === undefined ? null : matrix.read(row, row + 1);
    },
    async [Symbol.asyncDispose]() {
      await index[Symbol.asyncDispose]();
      await matrix[Symbol.asyncDispose]();
    },
  };
}
