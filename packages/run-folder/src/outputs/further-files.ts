import type { Sink } from '@holdfast/pt-serializer';
import { type FormatName, formats, valueFormats } from '../formats/formats.js';
import type { Layout } from '../layout.js';
import { type CompleteRun, resultRows } from '../shard/result-rows.js';
import { columnBytes } from './column-bytes.js';
import { ResultValues } from './result-values.js';
import { type RunOutputs, rowFiles, storedTypeOf, valueFiles } from './run-outputs.js';
import { ValuePlaces } from './value-places.js';

/** A file of what a run computes beside the embeddings. */
export interface FurtherFile {
  /** Its name in the folder of further outputs. */
  file: string;
  /**
   * Writes it from the checkpoints; equal runs give equal bytes. Only before the next file is asked for.
   *
   * @throws ShardIncompleteError if a shard must be repaired; IndexError; the signal's reason.
   */
  write(sink: Sink): Promise<void>;
}

/** A complete run with outputs beside the embeddings. */
export interface FurtherRun extends Omit<CompleteRun, 'place' | 'onTruncated'> {
  place: Pick<Layout, 'shard'>;
  outputs: RunOutputs;
  format: FormatName;
  /** Ordinals without a row, copies included. */
  missing: ReadonlySet<number>;
  /** What each file says of how its numbers were computed. */
  facts: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** The files of what a run computes beside the embeddings, in their order. @throws as `FurtherFile.write`. */
export async function* furtherFiles(run: FurtherRun): AsyncGenerator<FurtherFile> {
  yield* filesOfRows(run);
  yield* filesOfValues(run);
}

const idsOf =
  ({ index, missing }: FurtherRun) =>
  async (): Promise<string[]> =>
    (await index.allIds()).filter((_, ordinal) => !missing.has(ordinal));

function* filesOfRows(run: FurtherRun): Generator<FurtherFile> {
  const { outputs, format, index, missing, facts, signal } = run;
  const dtype = storedTypeOf(outputs);
  for (const { name, first, dim, facts: own } of rowFiles(run.dim, outputs)) {
    if (name === null) continue;
    const of = { width: run.dim, first, dim, dtype };
    const result = {
      shape: [index.sequences - missing.size, dim] as const,
      dtype,
      columns: null,
      facts: { ...facts, ...own },
      ids: idsOf(run),
      async *chunks() {
        for await (const rows of resultRows(run)) {
          signal.throwIfAborted();
          yield columnBytes(rows, of);
        }
      },
    };
    yield { file: `${name}.${format}`, write: (sink) => formats[format](sink, result) };
  }
}

async function* filesOfValues(run: FurtherRun): AsyncGenerator<FurtherFile> {
  const { outputs, format, index, missing, facts, signal } = run;
  const due = valueFiles(outputs);
  if (due.length === 0) return;
  await using places = await ValuePlaces.find(run, outputs, signal);
  const result = new ResultValues(index, missing, places);
  // Rows of tokens are pooled in no way.
  const { pooling: _, ...settings } = facts;
  for (const each of due) {
    const total = await result.total(each);
    const values = {
      offsets: {
        dtype: 'int64' as const,
        shape: [index.sequences - missing.size + 1],
        chunks: () => result.offsets(each),
      },
      values: {
        dtype: storedTypeOf(outputs),
        shape: each.dim === null ? [total] : [total, each.dim],
        async *chunks() {
          for await (const part of result.numbers(each)) {
            signal.throwIfAborted();
            yield part;
          }
        },
      },
      facts: { ...settings, layer: each.layer },
      ids: idsOf(run),
    };
    for (const { file, write } of valueFormats[format](each.name))
      yield { file, write: (sink) => write(sink, values) };
  }
}
