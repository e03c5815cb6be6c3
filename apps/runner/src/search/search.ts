import { extname } from 'node:path';
import { parseDevice } from '@holdfast/gpu-runtime';
import type { Metric } from '@holdfast/neighbours';
import type { DeviceWish } from '@holdfast/preflight';
import {
  EMBEDDINGS,
  openResult,
  proveResult,
  type Result,
  refuseMissing,
  wantedRows,
} from '@holdfast/result';
import { type Output, refuseOutput, writeOutput, writtenWords } from '@holdfast/run-folder';
import { embed } from '../embed.js';
import type { EmbedOptions, Stop } from '../embed-options.js';
import { ExitCode, UsageError } from '../errors.js';
import type { Report } from '../events.js';
import { foundModel } from './found-model.js';
import { hitFormat } from './hit-lines.js';
import { optionsOfRun } from './options-of-run.js';
import { makeQueryFolder } from './query-folder.js';
import { ofQueries, reportTrouble } from './query-trouble.js';
import { runOfResult } from './run-of-result.js';
import { ownRows, type Queries, queriesOf, writeHits } from './write-hits.js';

export interface SearchOptions {
  /** The folder of a complete run, or one that got its result. */
  dir: string;
  /** FASTA or FASTQ files; `-` is standard input. Empty with `ids`. */
  queries: readonly string[];
  /** Sequences of the run itself, by their IDs; then nothing is embedded. */
  ids?: readonly string[];
  /** The output whose rows are compared. Default: the embeddings. */
  from?: string;
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
  /** Whether queries that cannot be read are left out. Default: as the run did. */
  onBadRecord?: 'refuse' | 'skip';
  /** What becomes of queries that share an ID. Default: as in the run. */
  dedupeIds?: 'refuse' | 'suffix';
}

/** What a search gets of whoever calls it. */
export interface Surroundings {
  report: Report;
  stop: Stop;
  print(text: string): Promise<void>;
  /** Hears that the file is there. */
  tell(line: string): void;
  /** Rows that were compared, of all. */
  onProgress(done: number, total: number): void;
}

/**
 * Finds the nearest rows of each query, exactly. Queries are sequences that are embedded as those of the run were, or sequences of
 * the run itself. The rows are read in blocks, once for every thousand queries.
 *
 * @returns the exit code.
 * @throws RunFolderError if there is no result, it has no such rows, or an ID has none; UsageError if its model is gone or another;
 * what `embed` throws for the queries.
 */
export async function search(options: SearchOptions, around: Surroundings): Promise<number> {
  const { dir, queries: inputs, ids = [], force } = options;
  if (ids.length > 0) refuseModelOptions(options);
  const result = await openResult(dir);
  const from = result.outputNamed(options.from ?? EMBEDDINGS);
  result.dimOf(from);
  const { begins } = hitFormat(options.metric, options.json);
  const output: Output | null =
    options.output === undefined ? null : { path: options.output, option: '--output', what: 'table', force };
  if (output !== null) {
    refuseOutput(output, { runs: [dir], inputs, prints: true, begins });
    refuseEnding(output.path, options.json);
  }
  // Before the model is looked for: a damaged result has nothing to be compared with.
  await proveResult(result, { outputs: [from], sequences: true, signal: around.stop.signal });
  if (ids.length > 0) {
    const { rows, missing } = await wantedRows(result, ids);
    refuseMissing(missing, dir, 'leave it out, or check the IDs in ids.txt');
    await using own = await result.rowsOf(from);
    await compare({ result, from, output, queries: ownRows(own, [...rows]) }, options, around);
    return ExitCode.complete;
  }
  await using folder = await makeQueryFolder();
  const embedded = await embedQueries(result, from, folder.out, options, around);
  await using rows = await embedded.embeddings();
  await compare({ result, from, output, queries: queriesOf(embedded, rows) }, options, around);
  return await reportTrouble(embedded, around.report);
}

/** @throws UsageError for a name whose ending is that of another format. */
function refuseEnding(path: string, json: boolean): void {
  const ending = extname(path).toLowerCase();
  if (json && ['.csv', '.tsv'].includes(ending))
    throw new UsageError(`${path}: --json writes one JSON object per query; end the name with .jsonl`);
  if (ending === '.csv')
    throw new UsageError(
      `${path}: the table has tabs between its columns, not commas; end the name with .tsv`,
    );
  if (!json && JSON_ENDINGS.includes(ending))
    throw new UsageError(
      `${path}: a table is written unless --json is given; add it, or end the name with .tsv`,
    );
}

const JSON_ENDINGS: readonly string[] = ['.json', '.jsonl', '.ndjson'];

/** @throws UsageError for options that are about the model, which is not used. */
function refuseModelOptions({
  queries,
  model,
  device,
  workers,
  onBadRecord,
  dedupeIds,
}: SearchOptions): void {
  if (queries.length > 0)
    throw new UsageError('give files of queries, or IDs of the run with --id and --ids, not both');
  const given = {
    '--model': model,
    '--device': device,
    '--workers': workers,
    '--on-bad-record': onBadRecord,
    '--dedupe-ids': dedupeIds,
  };
  for (const [option, value] of Object.entries(given))
    if (value !== undefined)
      throw new UsageError(
        `${option} is for queries in files; with --id nothing is embedded, so leave it out`,
      );
}

/** Embeds the queries into a folder, as the sequences of the run were. */
async function embedQueries(
  result: Result,
  from: string,
  out: string,
  { dir, queries: inputs, model: given, device, workers, onBadRecord, dedupeIds }: SearchOptions,
  { report, stop }: Pick<Surroundings, 'report' | 'stop'>,
): Promise<Result> {
  const record = await runOfResult(result);
  const model = await foundModel(record, { folder: dir, given, signal: stop.signal });
  const then = record.device === undefined ? null : parseDevice(record.device);
  if (device !== undefined && device !== 'auto' && then !== null && device.kind !== then.kind)
    report({
      type: 'warning',
      message: `the rows of the run were computed on ${then.kind}; on ${device.kind} the last digits of the queries' rows differ`,
    });
  const asked: EmbedOptions = {
    ...optionsOfRun(record, from),
    ...(device !== undefined && { device }),
    ...(workers !== undefined && { workers }),
    ...(onBadRecord && { onBadRecord }),
    ...(dedupeIds && { dedupeIds }),
    inputs,
    model,
    out,
    format: 'safetensors',
    forceRestart: false,
    // What is left out is told, and the other queries are searched for.
    maxQuarantined: { percent: 100 },
    quarantineOk: true,
    onFullDisk: 'stop',
  };
  await embed(asked, ofQueries(report), stop);
  return openResult(out);
}

async function compare(
  {
    result,
    from,
    output,
    queries,
  }: { result: Result; from: string; output: Output | null; queries: Queries },
  { k, metric, json }: SearchOptions,
  { stop: { signal }, print, tell, onProgress }: Surroundings,
): Promise<void> {
  await using rows = await result.rowsOf(from);
  const format = hitFormat(metric, json);
  const writing = { result, rows, queries, format, k, metric, signal, onProgress };
  if (output === null) await writeHits(writing, print);
  else {
    const written = await writeOutput(output, (file) =>
      writeHits(writing, (text) => file.write(Buffer.from(text))),
    );
    tell(`${output.path}: ${writtenWords(written)}`);
  }
}
