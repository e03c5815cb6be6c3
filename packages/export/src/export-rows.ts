import { EMBEDDINGS, type Result } from '@holdfast/result';
import { writeOutput } from '@holdfast/run-folder';
import { destination, digests } from './destination.js';
import { type ExportName, exportFormats } from './export-formats.js';
import type { Exported, ExportOptions } from './export-options.js';
import { type ExportSource, exportSource } from './export-source.js';
import type { ExportFormat } from './format.js';
import { otherRows } from './other-rows.js';
import { isWidened } from './stored-type.js';
import { widenedRows } from './widened.js';
import { writeExportFolder } from './write-export-folder.js';

/** Formats without IDs. */
const WITHOUT_IDS: readonly ExportName[] = ['npy', 'safetensors'];

/** Exports the embeddings, or another output with a row for each sequence. @throws as `exportResult`. */
export async function exportRows(result: Result, from: string, options: ExportOptions): Promise<Exported> {
  const { to, force = false } = options;
  const format: ExportFormat = exportFormats[to];
  await using matrix = await result.rowsOf(from);
  const output = destination(options);
  const plain = watched(await exportSource(result, matrix, from), options);
  const source = isWidened(plain.dtype, to, format.holds, options.dtype) ? widenedRows(plain) : plain;
  const { rows } = source;
  const told = {
    path: output.path,
    rows,
    what: 'row' as const,
    holdsIds: !WITHOUT_IDS.includes(to),
    ids: result.ids,
  };
  if (format.write !== undefined) {
    const { write } = format;
    const written = await writeOutput(output, (sink) => write(sink, source));
    return { ...told, written: Number(written), kept: Number(!written) };
  }
  if (format.files === undefined) throw new Error(`${to} is not made of the rows of one output`);
  await using other =
    options.mergeWith === undefined ? null : await otherRows(options.mergeWith, options.from ?? EMBEDDINGS);
  const formatOptions = other === null ? {} : { mergeWith: other };
  const identity = {
    to,
    of: digests(result),
    ...(other && { with: other.digests }),
    ...(from !== EMBEDDINGS && { from }),
  };
  const made = await writeExportFolder(output.path, () => format.files(source, formatOptions), {
    identity,
    force,
    atOnce: format.atOnce,
  });
  return { ...told, ...made };
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
