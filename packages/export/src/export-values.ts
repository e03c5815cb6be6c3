import type { Result } from '@holdfast/result';
import { RunFolderError, writeOutput } from '@holdfast/run-folder';
import { destination } from './destination.js';
import { exportFormats } from './export-formats.js';
import type { Exported, ExportOptions } from './export-options.js';
import type { ExportFormat } from './format.js';
import { isWidened } from './stored-type.js';
import { type ValueSource, valueSource } from './value-source.js';
import { widenedValues } from './widened.js';

/** Exports an output whose size differs by sequence. @throws as `exportResult`. */
export async function exportValues(result: Result, from: string, options: ExportOptions): Promise<Exported> {
  const { to } = options;
  const format: ExportFormat = exportFormats[to];
  const { values } = format;
  if (values === undefined)
    throw new RunFolderError(
      `${from} has another size for each sequence, which --to ${to} has no place for; choose h5 or esm, or read the file in ${result.folder}/more_outputs`,
    );
  const output = destination(options);
  await using reader = await result.valuesOf(from);
  const plain = watched(valueSource(result, reader, from), options);
  const source = isWidened(plain.dtype, to, format.holds, options.dtype) ? widenedValues(plain) : plain;
  const told = {
    path: output.path,
    rows: source.rows,
    what: 'sequence' as const,
    holdsIds: true,
    ids: result.ids,
  };
  const written = await writeOutput(output, (sink) => values(sink, source));
  return { ...told, written: Number(written), kept: Number(!written) };
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
