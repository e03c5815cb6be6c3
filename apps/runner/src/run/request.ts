import { resolve } from 'node:path';
import { type Cut, checkInputs } from '@holdfast/fasta';
import { type LetterRules, letterRules, type ModelSource, resolveModel } from '@holdfast/gpu-runtime';
import { findByName, type HubPin } from '@holdfast/models';
import { type LetterUse, letterUse, type ReadingUse, readingUse } from '@holdfast/plan';
import { formatHolds, type GivenModel, type Layout, outputsOf, readRunRecord } from '@holdfast/run-folder';
import { resolveThresholds } from '@holdfast/trigger';
import { type EmbedOptions, runPlace, type Stop } from '../embed-options.js';
import { UsageError } from '../errors.js';
import type { Report } from '../events.js';
import type { AskedRun } from './asked-run.js';
import { cutOf } from './cut-of.js';
import { Devices } from './devices.js';
import { givenModel } from './given-model.js';
import { Heartbeat } from './heartbeat.js';
import { longWork } from './waits.js';

/** A command whose options are known to make sense. */
export interface Request {
  options: EmbedOptions;
  place: Layout;
  model: ModelSource;
  /** Where the model is on the hub, if it is from there. */
  hub: HubPin | undefined;
  /** What the command gives of the model; undefined for a built-in one, which never leaves. */
  given: GivenModel | undefined;
  /** How records become sequences. */
  cut: Cut;
  /** Which letters the model knows, and which ones a new run replaces. */
  letters: { rules: LetterRules; use: LetterUse };
  /** How records are read; undefined: by default. */
  reading: ReadingUse | undefined;
  devices: Devices;
  heartbeat: Heartbeat;
  report: Report;
  stop: Stop;
}

/**
 * Resolves the model, and checks that the options fit it, each other and the environment, and that the inputs look like FASTA.
 * Writes nothing but a model that is downloaded, and int8 weights into Holdfast's cache.
 *
 * @throws UsageError; HubError; ModelError; InputError.
 */
export async function checkRequest(asked: EmbedOptions, tell: Report, stop: Stop): Promise<Request> {
  const place = runPlace(asked);
  const heartbeat = new Heartbeat(place, tell);
  const { report } = heartbeat;
  const pin = asked.forceRestart ? undefined : await pinOf(place);
  const { model: found, hub } = await findByName(asked.model, { pin, signal: stop.signal, onEvent: report });
  const options = { ...asked, model: found };
  const model =
    options.overrides?.precision === 'int8'
      ? await longWork(`rounding the weights of ${asked.model} to int8`, report, () => modelOf(options))
      : await modelOf(options);
  if (!formatHolds(options.format, outputsOf(model)))
    throw new UsageError(
      `NumPy has no ${model.dtype}, so --format ${options.format} cannot hold it; choose another --format, or --dtype float16`,
    );
  const cut = cutOf(options);
  refuseTranslation(cut.translate, model);
  refuseStops(options, model);
  if (options.minCosine !== undefined && model.precision === undefined)
    throw new UsageError(
      '--min-cosine needs a lower precision; add --precision int8 or fp16 to a model of published weights, or leave it out',
    );
  await checkInputs(options.inputs);
  const rules = letterRules(model);
  const { keepU = false, keepStop = false, stripStop = false, keepGaps = false } = options;
  const translated = options.translate !== undefined;
  const use = letterUse(rules, { keepU, keepStop, stripStop, keepGaps, translated });
  const reading = readingUse(options);
  const devices = new Devices(options, model, report, stop.signal);
  const given = devices.builtIn
    ? undefined
    : givenModel(options, hub === undefined ? resolve(found) : undefined);
  const read = { letters: { rules, use }, reading };
  return { options, place, model, hub, given, cut, ...read, devices, heartbeat, report, stop };
}

/** The model that the run in the folder began with, if it is from the hub; undefined too if its record is damaged. */
async function pinOf({ run }: Layout): Promise<HubPin | undefined> {
  return (await readRunRecord(run).catch(() => null))?.model.hub;
}

/** What the run on disk is compared with. */
export function askedRun(request: Request): AskedRun {
  const { options, model, hub, given, cut, letters, reading, report, stop } = request;
  return {
    inputs: options.inputs,
    model,
    hub,
    given,
    batchTokens: options.batchTokens === 'auto' ? undefined : options.batchTokens,
    shards: options.shards,
    threads: options.threads,
    format: options.format,
    cut,
    letters,
    dedupe: options.dedupe ?? true,
    reading,
    retry: options.retryQuarantined ? 'all' : 'set_aside',
    signal: stop.signal,
    checking: (what, work) => longWork(what, report, work),
    onWarning: (message) => report({ type: 'warning', message }),
  };
}

/** @throws UsageError that names an environment variable with an invalid value, before a worker fails on it. */
export function checkEnvironment(): void {
  try {
    resolveThresholds({}, process.env);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

async function modelOf({ model, overrides }: EmbedOptions): Promise<ModelSource> {
  return resolveModel(model, overrides).catch((cause: unknown) => {
    const { code, option } = cause as { code?: unknown; option?: unknown };
    if (code !== 'invalid_option') throw cause;
    if (option === 'windowOverlap')
      throw new UsageError(
        '--window-overlap needs windows, but long sequences are truncated; add --long-sequences windows, or leave it out',
        { cause },
      );
    throw option === 'include' ? new UsageError((cause as Error).message, { cause }) : cause;
  });
}

/** @throws UsageError if frames are asked for, and the model reads nucleotides. */
export function refuseTranslation(
  translate: Cut['translate'],
  { alphabet, name }: Pick<ModelSource, 'alphabet' | 'name'>,
): void {
  if (translate && alphabet === 'dna')
    throw new UsageError(
      `--translate produces proteins, but the model ${name} reads nucleotides; leave --translate out, or choose a protein model with --model`,
    );
}

function refuseStops({ keepStop, stripStop }: EmbedOptions, { alphabet, name }: ModelSource): void {
  if (keepStop && stripStop)
    throw new UsageError('--keep-stop and --strip-stop contradict each other; leave one of them out');
  if (stripStop && alphabet === 'dna')
    throw new UsageError(
      `--strip-stop is about proteins, but the model ${name} reads nucleotides; leave --strip-stop out`,
    );
}
