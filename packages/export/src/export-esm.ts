import { EMBEDDINGS, type Result, rowIds } from '@holdfast/result';
import { destination, digests } from './destination.js';
import { type EsmOutput, esmPlaces } from './esm-places.js';
import type { Exported, ExportOptions } from './export-options.js';
import { exportSource } from './export-source.js';
import { type EsmPart, esmFiles, rowTensors, valueTensors } from './formats/esm.js';
import { isWidened, type StoredType } from './stored-type.js';
import { valueSource } from './value-source.js';
import { writeExportFolder } from './write-export-folder.js';

/** Files that are written at the same time. */
const AT_ONCE = 32;

/** An output with what reads it. */
interface Opened extends EsmOutput {
  /** As `--from` takes it. */
  output: string;
  dtype: StoredType;
  reader: AsyncDisposable;
  tensors: EsmPart['tensors'];
}

/**
 * Exports outputs as files of extract.py, one a sequence with all of them.
 *
 * @param names outputs of the result, each once.
 * @throws as `exportResult`.
 */
export async function exportEsm(
  result: Result,
  names: readonly string[],
  options: ExportOptions,
): Promise<Exported> {
  const { to, esmLayer: given, force = false, signal, onProgress } = options;
  const opened: Opened[] = [];
  try {
    for (const name of names) opened.push(await open(result, name));
    for (const { dtype } of opened) isWidened(dtype, to, undefined, options.dtype);
    const parts = esmPlaces(opened, given).map(({ key, layer, of }) => ({ key, layer, tensors: of.tensors }));
    const output = destination(options);
    const rows = result.record.sequences;
    const identity = {
      to,
      of: digests(result),
      ...(given !== undefined && { layer: given }),
      ...(names.join() !== EMBEDDINGS && { from: names.join() }),
    };
    const files = async function* () {
      let done = 0;
      for await (const file of esmFiles(rowIds(result.ids), parts)) {
        signal?.throwIfAborted();
        yield file;
        onProgress?.(++done, rows);
      }
    };
    const made = await writeExportFolder(output.path, files, { identity, force, atOnce: AT_ONCE });
    return { path: output.path, rows, what: 'sequence', holdsIds: true, ids: result.ids, ...made };
  } finally {
    for (const { reader } of opened) await reader[Symbol.asyncDispose]();
  }
}

async function open(result: Result, output: string): Promise<Opened> {
  const name = output === EMBEDDINGS ? (result.fullName ?? output) : output;
  if (result.valueOutputs.includes(output)) {
    const reader = await result.valuesOf(output);
    const source = valueSource(result, reader, output);
    return { output, name, reader, dtype: source.dtype, tensors: () => valueTensors(source) };
  }
  const reader = await result.rowsOf(output);
  const source = await exportSource(result, reader, output);
  const { facts, model, dtype } = source;
  return { output, name, facts, model, dtype, reader, tensors: () => rowTensors(source) };
}
