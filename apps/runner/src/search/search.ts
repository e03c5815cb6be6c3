import { readFile } from 'node:fs/promises';
import { parseDevice } from '@holdfast/gpu-runtime';
import type { Metric, nearestRows as NearestRows } from '@holdfast/neighbours';
import type { DeviceWish } from '@holdfast/preflight';
import { EMBEDDINGS, namedRows, openResult, proveResult, type Result, rowIds } from '@holdfast/result';
import { layout, refuseOutput, writeOutput } from '@holdfast/run-folder';
import { embed } from '../embed.js';
import type { Stop } from '../embed-options.js';
import { ExitCode } from '../errors.js';
import type { Report } from '../events.js';
import { foundModel } from './found-model.js';
import { type HitFormat, hitFormat } from './hit-lines.js';
import { optionsOfRun } from './options-of-run.js';
import { makeQueryFolder } from './query-folder.js';
import { runOfResult } from './run-of-result.js';

export interface SearchOptions {
  /** The folder of a complete run, or one that got its result. */
  dir: string;
  /** FASTA or FASTQ files; `-` is standard input. */
  queries: readonly string[];
  /** Rows to find for each query. */
  k: number;
  metric: Metric;
  json: boolean;
  /** The file that is written. Default: what is found goes to `print`. */
  output?: string;
  /** Whether to replace a file that is there and is something else. */
  force: boolean;
  /** Where the model of the run is now. Default: where it was. */
  model?: string;
  /** Default: that of the run. */
  device?: DeviceWish;
  /** Worker processes that embed the queries. Default: as `embed` chooses. */
  workers?: number;
}

/** What a search gets of whoever calls it. */
export interface Surroundings {
  report: Report;
  stop: Stop;
  print(text: string): Promise<void>;
  /** Rows that were compared, of all. */
  onProgress(done: number, total: number): void;
}

/** Queries that are compared in one pass over the rows. */
const QUERIES = 1024;
/** Hits of one pass; they are held until they are written. */
const HITS = 200_000;

/**
 * Embeds queries as the sequences of a run were, and finds the nearest rows of each, exactly. The rows are read in blocks, once
 * for every thousand queries.
 *
 * @returns the exit code.
 * @throws RunFolderError if there is no result; UsageError if its model is gone or another; what `embed` throws for the queries.
 */
export async function search(options: SearchOptions, around: Surroundings): Promise<number> {
  const { dir, queries: inputs, metric, force, device, workers } = options;
  const { report, stop } = around;
  const result = await openResult(dir);
  const record = await runOfResult(result);
  const format = hitFormat(metric, options.json);
  const output =
    options.output === undefined ? null : { path: options.output, option: '--output', what: 'table', force };
  if (output !== null) refuseOutput(output, { runs: [dir], inputs, prints: true, begins: format.begins });
  await proveResult(result, { outputs: [EMBEDDINGS], sequences: true, signal: stop.signal });
  const model = await foundModel(record, { folder: dir, given: options.model, signal: stop.signal });
  const then = record.device === undefined ? null : parseDevice(record.device);
  if (device !== undefined && device !== 'auto' && then !== null && device.kind !== then.kind)
    report({
      type: 'warning',
      message: `the rows of the run were computed on ${then.kind}; on ${device.kind} the last digits of the queries' rows differ`,
    });
  await using folder = await makeQueryFolder();
  const asked = {
    ...optionsOfRun(record),
    ...(device !== undefined && { device }),
    ...(workers !== undefined && { workers }),
  };
  await embed(
    {
      ...asked,
      inputs,
      model,
      out: folder.out,
      format: 'safetensors',
      forceRestart: false,
      // What is left out is told, and the other queries are searched for.
      maxQuarantined: { percent: 100 },
      quarantineOk: true,
      onFullDisk: 'stop',
    },
    ofQueries(report),
    stop,
  );
  const queries = await openResult(folder.out);
  if (output === null) await writeHits({ result, queries, format, options, around, write: around.print });
  else
    await writeOutput(output, (file) =>
      writeHits({
        result,
        queries,
        format,
        options,
        around,
        write: (text) => file.write(Buffer.from(text)),
      }),
    );
  return await reportQuarantined(queries, report);
}

/** The events of `embed` that are about the queries, not about the folder that they are embedded in. */
const ofQueries =
  (report: Report): Report =>
  (event) => {
    if (event.type !== 'complete' && event.type !== 'assembling') report(event);
  };

interface Writing {
  result: Result;
  queries: Result;
  format: HitFormat;
  options: Pick<SearchOptions, 'k' | 'metric'>;
  around: Pick<Surroundings, 'stop' | 'onProgress'>;
  write(text: string): Promise<void>;
}

async function writeHits({ result, queries, format, options, around, write }: Writing): Promise<void> {
  const { nearestRows }: { nearestRows: typeof NearestRows } = await import('@holdfast/neighbours');
  const { k, metric } = options;
  const { signal } = around.stop;
  await using rows = await result.embeddings();
  await using queryRows = await queries.embeddings();
  const ids = oneByOne(rowIds(queries.ids));
  await write(format.head);
  const most = Math.max(1, Math.min(QUERIES, Math.floor(HITS / k)));
  for await (const block of queryRows.blocks(most)) {
    const onProgress = (done: number) => around.onProgress(done, rows.rows);
    const found = await nearestRows(rows, block.data, { k, metric, signal, onProgress });
    const names = await namedRows(
      result,
      found.flatMap((hits) => hits.map(({ row }) => row)),
    );
    for (const hits of found) {
      const { value: query } = await ids.next();
      await write(format.lines({ query: query as string, found: hits }, names));
    }
    signal.throwIfAborted();
  }
}

async function* oneByOne<T>(lists: AsyncIterable<T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}

/** Most queries that are named one by one. */
const NAMED = 10;

/** Says which queries have no row. @returns the exit code. */
async function reportQuarantined({ folder, record }: Result, report: Report): Promise<number> {
  const { quarantined = 0 } = record;
  if (quarantined === 0) return ExitCode.complete;
  const lines = (await readFile(layout(folder).quarantine, 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  for (const line of lines.slice(0, NAMED)) {
    const [id, , kind, , error] = line.split('\t');
    report({
      type: 'warning',
      message: `the query ${id} has no row, so nothing is near it (${kind}): ${error}`,
    });
  }
  if (quarantined > NAMED)
    report({ type: 'warning', message: `${quarantined - NAMED} more queries have no row either` });
  return ExitCode.quarantined;
}
