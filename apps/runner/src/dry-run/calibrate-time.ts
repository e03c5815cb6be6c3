import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tokensOf } from '@holdfast/gpu-runtime';
import type { Shard } from '@holdfast/plan';
import { type BatchSample, type MeasuredSpeed, measureSpeed } from '@holdfast/preflight';
import { limitsOf } from '../embed-options.js';
import type { TimeEstimate } from '../events/plan-figures.js';
import type { Prepared } from '../run/asked-run.js';
import type { UsedDevice } from '../run/devices.js';
import type { Request } from '../run/request.js';
import { type BatchRanges, type Stratum, secondsOfAll, strataOf } from './time-estimate.js';

/** How many batches are measured at most, and seconds after which no further one is. */
const BATCHES = 6;
const SECONDS = 5;
/** Bytes a second that an ordinary disk takes, with checksums and syncs; only models without weights are faster. */
const WRITE_SPEED = 200e6;
/** Residues of the measured batches together. */
const MOST_RESIDUES = 32 * 1024 * 1024;

/** An estimate, and the memory of a worker; or why there is none. */
export type Calibration = { time: TimeEstimate; memory: number } | { problem: string };

/**
 * Measures a few batches of the run, spread over the lengths, with as many processes as it has workers.
 *
 * @param done sequences of each shard that are saved. @param writeBytes what is written. @param scratch a folder for the sample.
 */
export async function calibrateTime(
  request: Request,
  { record, index }: Pick<Prepared, 'record' | 'index'>,
  {
    shards,
    done,
    used,
    writeBytes,
    scratch,
  }: {
    shards: readonly Shard[];
    done: readonly number[];
    used: UsedDevice;
    writeBytes: number;
    scratch: string;
  },
): Promise<Calibration> {
  const { model, options, report, stop } = request;
  const ranges: BatchRanges = shards.flatMap(({ firstPosition, endPosition, endBatch }, i) => {
    const next = firstPosition + done[i]!;
    return next < endPosition ? [[index.batchAt(next), endBatch] as const] : [];
  });
  const padded = model.recipe.singly === undefined;
  const before = await index.tokensBefore((residues) => tokensOf(model, residues), { padded });
  const tokens = (batch: number) => before[batch + 1]! - before[batch]!;
  const size = (batch: number) => {
    const [first, end] = index.batchRange(batch);
    return end - first;
  };
  const strata = strataOf(ranges, { tokens, length: (batch) => tokens(batch) / size(batch), most: BATCHES });
  const measured: { stratum: Stratum; sample: BatchSample }[] = [];
  let residues = 0;
  for (const stratum of strata) {
    const found = await index.residues(...index.batchRange(stratum.batch));
    residues += found.reduce((sum, each) => sum + each.byteLength, 0);
    // A genome as one sequence, say; the shorter ones tell the speed too.
    if (measured.length > 0 && residues > MOST_RESIDUES) break;
    const sequences = found.map((each) => Buffer.from(each).toString('latin1'));
    const longest = stratum.batchTokens / sequences.length;
    measured.push({ stratum, sample: { tokens: stratum.batchTokens, longest, sequences } });
  }
  const path = join(scratch, 'sample.json');
  await writeFile(path, JSON.stringify(measured.map(({ sample }) => sample)));
  // As in the run, there are no more at work than there are shards.
  const workers = Math.min(used.share.workers, ranges.length);
  report({ type: 'measuring_speed', workers, device: used.record.device! });
  const speed = await measureSpeed({
    model: options.model,
    overrides: options.overrides,
    ...(model.proof && { proof: model.proof }),
    batchTokens: record.batch_tokens,
    sample: path,
    seconds: SECONDS,
    batches: measured.length,
    share: { ...used.share, workers },
    stallMs: limitsOf(options).stallMs,
    signal: stop.signal,
    report,
  });
  return typeof speed === 'string' ? { problem: speed } : estimate(speed, { strata, workers, writeBytes });
}

function estimate(
  speed: MeasuredSpeed,
  { strata, workers, writeBytes }: { strata: readonly Stratum[]; workers: number; writeBytes: number },
): Calibration {
  const alone = secondsOfAll(strata, speed.seconds);
  if (alone === null) return { problem: 'no batch was measured' };
  const tokens = strata.reduce((sum, each) => sum + each.tokens, 0);
  const working = alone / workers + writeBytes / WRITE_SPEED;
  return {
    time: {
      seconds: rounded(speed.loadSeconds + working),
      load_seconds: rounded(speed.loadSeconds),
      tokens_per_second: Math.round(tokens / working),
      batches_measured: speed.seconds.filter((each) => each !== null).length,
    },
    memory: speed.memory,
  };
}

const rounded = (seconds: number) => Math.round(seconds * 10) / 10;
