import type { Result } from '@holdfast/result';
import { RunFolderError, writeOutput } from '@holdfast/run-folder';
import { destination, digests } from './destination.js';
import { exportFormats } from './export-formats.js';
import type { Exported, ExportOptions } from './export-options.js';
import type { ExportFormat } from './format.js';
import { isWidened } from './stored-type.js';
import { type ValueSource, valueSource } from './value-source.js';
import { widenedValues } from './widened.js';
import { writeExportFolder } from './write-export-folder.js';

/** Exports an output of which each sequence has as many numbers as its length asks for. @throws as `exportResult`. */
export async function exportValues(result: Result, from: string, options: ExportOptions): Promise<Exported> {
  const { to, esmLayer, force = false } = options;
  const format: ExportFormat = exportFormats[to];
  const { values } = format.write === undefined ? {} : format;
  const { valueFiles } = format.write === undefined ? format : {};
  if (values === undefined && valueFiles === undefined)
    throw new RunFolderError(
      `${from} has as many numbers as each sequence asks for, which --to ${to} has no place for; choose h5 or esm, or read the file in ${result.folder}/more_outputs`,
    );
  const output = destination(options);
  await using reader = await result.valuesOf(from);
  const plain = watched(valueSource(result, reader, from), options);
  const source = isWidened(plain.dtype, to, format.holds, options.dtype) ? widenedValues(plain) : plain;
  const told = { path: output.path, rows: source.rows, holdsIds: true, ids: result.ids };
  if (values !== undefined) {
    const written = await writeOutput(output, (sink) => values(sink, source));
    return { ...told, written: Number(written), kept: Number(!written) };
  }
  const layer = esmLayer === undefined ? {} : { esmLayer };
  const identity = { to, of: digests(result), from, ...layer };
  const made = await writeExportFolder(output.path, () => valueFiles!(source, layer), {
    identity,
    force,
    atOnce: format.files === undefined ? 1 : format.atOnce,
  });
  return { ...told, ...made };
}

/** The source with a stop and a report between sequences. */
function watched(source: ValueSource, { signal, onProgress }: ExportOptions): ValueSource {
  return {
    ...source,
    async *values() {
      let done = 0;
      for await (const each of source.values()) {
        signal?.throwIfAborted();
        yield each;
        onProgress?.(++done, source.rows);
      }
    },
  };
}
