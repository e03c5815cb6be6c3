import { rm, writeFile } from 'node:fs/promises';
import { type Device, type ModelSource, type Precision, resolveModel } from '@holdfast/gpu-runtime';
import { counted } from '@holdfast/options';
import type { SequenceIndex } from '@holdfast/plan';
import { comparePrecisions, NoAnswerError } from '@holdfast/preflight';
import { type PrecisionCost, readPrecisionCost, writePrecisionCost } from '@holdfast/run-folder';
import { limitsOf } from '../embed-options.js';
import { ExitCode, RunFailedError, UsageError } from '../errors.js';
import type { Prepared } from './asked-run.js';
import type { Request } from './request.js';
import { longWork } from './waits.js';
import { whileUnchanged } from './while-unchanged.js';

/** How many sequences are compared, if there are as many. */
const MOST = 256;
/** Residues of a sequence that are compared: attention costs their square. */
const MOST_RESIDUES = 2048;
const MIN_COSINE = 0.99;

/** The part of a command that compares precisions. */
type Comparing = Pick<Request, 'place' | 'model' | 'options' | 'devices' | 'report' | 'stop'>;

/**
 * What the model's lower precision costs on this run's own sequences: measured once, before anything is embedded, and kept in
 * the run's folder. Null in float32. What was measured of other files than the run's is not kept.
 *
 * @throws UsageError if it costs more than the command allows, or the model has changed; RunFailedError if it cannot be measured; the signal's reason.
 */
export async function precisionCost(
  request: Comparing,
  { record, index }: Pick<Prepared, 'record' | 'index'>,
): Promise<PrecisionCost | null> {
  const { place, model, options } = request;
  const { precision } = model;
  if (precision === undefined) return null;
  const kept = await readPrecisionCost(place.precision, record.fingerprint);
  const cost = kept ?? (await measure(request, precision, { record, index }));
  if (cost === null) return null;
  if (kept === null) await writePrecisionCost(place.precision, record.fingerprint, cost);
  await rm(place.precisionSample, { force: true });
  refuseCostly(cost, options.minCosine ?? MIN_COSINE);
  return cost;
}

async function measure(
  request: Comparing,
  precision: Precision,
  { record, index }: Pick<Prepared, 'record' | 'index'>,
): Promise<PrecisionCost | null> {
  const { place, model, options, devices, report } = request;
  const sample = await sampleOf(index, model);
  const device = await devices.deviceFor(record);
  const again = () =>
    longWork(`reading the files of ${options.model}`, report, () =>
      resolveModel(options.model, options.overrides),
    );
  const others = await comparedWith(request);
  const doing = `${precision} was compared with fp32`;
  const work = async () => {
    report({ type: 'comparing_precision', precision, sequences: sample.length });
    await writeFile(place.precisionSample, sample.join('\n'));
    return compare(request, precision, device);
  };
  const cost = await whileUnchanged(model, work, { again, others, doing });
  if (cost !== null) report({ type: 'precision_compared', precision, ...cost });
  return cost && { name: precision, ...cost };
}

function compare({ place, options, report, stop }: Comparing, precision: Precision, device: Device) {
  return comparePrecisions({
    model: options.model,
    overrides: { ...options.overrides, precision },
    device,
    sample: place.precisionSample,
    stallMs: limitsOf(options).stallMs,
    signal: stop.signal,
    report,
  }).catch((error: unknown) => {
    throw error instanceof NoAnswerError ? new RunFailedError(error.message, ExitCode.unexpected) : error;
  });
}

/** The files that are computed in float32: int8 graphs and weights are files of their own. */
async function comparedWith({ model, options, report }: Comparing): Promise<readonly string[]> {
  if (model.precision !== 'int8') return [];
  const full = await longWork(`reading the fp32 weights of ${options.model}`, report, () =>
    // The comparison says what is wrong with it.
    resolveModel(options.model, { ...options.overrides, precision: 'fp32' }).catch(() => null),
  );
  return full === null ? [] : [...full.files, ...(full.built?.files ?? [])];
}

/** Sequences from all over the plan, as far as the model reads them. */
async function sampleOf(index: SequenceIndex, { windows, maxResidues }: ModelSource): Promise<string[]> {
  const count = Math.min(MOST, index.positions);
  const residues = Math.min(windows?.residues ?? maxResidues, MOST_RESIDUES);
  const sample: string[] = [];
  for (let i = 0; i < count; i++) {
    // The middle of each of `count` equal parts.
    const at = Math.floor(((i + 0.5) * index.positions) / count);
    const [sequence] = await index.residues(at, at + 1);
    sample.push(Buffer.from(sequence!.subarray(0, residues)).toString('latin1'));
  }
  return sample;
}

function refuseCostly({ name, sequences, cosine_median, cosine_worst }: PrecisionCost, least: number): void {
  if (cosine_worst >= least) return;
  throw new UsageError(
    `${name} costs too much: of ${counted(sequences, 'sequence')}, rows have a cosine to those of fp32 of ${cosine_median} in the median and ${cosine_worst} at worst, less than --min-cosine ${least}; nothing was embedded. Rerun with --precision fp32 --force-restart, or, if that is good enough, with a lower --min-cosine`,
  );
}
