import { checkInputs, type Translation } from '@holdfast/fasta';
import { type LetterRules, letterRules, type ModelSource, resolveModel } from '@holdfast/gpu-runtime';
import { type LetterUse, letterUse } from '@holdfast/plan';
import { type Layout, layout } from '@holdfast/run-folder';
import { resolveThresholds } from '@holdfast/trigger';
import type { EmbedOptions, Stop } from '../embed-options.js';
import { UsageError } from '../errors.js';
import type { Report } from '../events.js';
import type { AskedRun } from './asked-run.js';
import { Devices } from './devices.js';
import { longWork } from './waits.js';

/** A command whose options are known to make sense. */
export interface Request {
  options: EmbedOptions;
  place: Layout;
  model: ModelSource;
  /** Which letters the model knows, and which ones a new run replaces. */
  letters: { rules: LetterRules; use: LetterUse };
  devices: Devices;
  report: Report;
  stop: Stop;
}

/**
 * Resolves the model, and checks that the options fit it, each other and the environment, and that the inputs look like FASTA.
 * Writes nothing.
 *
 * @throws UsageError; ModelError; InputError.
 */
export async function checkRequest(options: EmbedOptions, report: Report, stop: Stop): Promise<Request> {
  checkEnvironment();
  const model = await modelOf(options);
  refuseTranslation(options.translate, model);
  await checkInputs(options.inputs);
  const rules = letterRules(model);
  const { keepU = false, keepStop = false } = options;
  const use = letterUse(rules, { keepU, keepStop, translated: options.translate !== undefined });
  const devices = new Devices(options, model, report, stop.signal);
  return { options, place: layout(options.out), model, letters: { rules, use }, devices, report, stop };
}

/** What the run on disk is compared with. */
export function askedRun({ options, model, letters, report, stop }: Request): AskedRun {
  return {
    inputs: options.inputs,
    model,
    batchTokens: options.batchTokens === 'auto' ? undefined : options.batchTokens,
    shards: options.shards,
    threads: options.threads,
    format: options.format,
    translate: options.translate,
    letters,
    retry: options.retryQuarantined ? 'all' : 'set_aside',
    signal: stop.signal,
    checking: (what, work) => longWork(what, report, work),
    onWarning: (message) => report({ type: 'warning', message }),
  };
}

/** @throws UsageError that names an environment variable with an invalid value, before a worker fails on it. */
function checkEnvironment(): void {
  try {
    resolveThresholds({}, process.env);
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
}

async function modelOf({ model, overrides }: EmbedOptions): Promise<ModelSource> {
  return resolveModel(model, overrides).catch((cause: unknown) => {
    const { code, option } = cause as { code?: unknown; option?: unknown };
    throw code === 'invalid_option' && option === 'windowOverlap'
      ? new UsageError(
          '--window-overlap needs windows, but long sequences are truncated; add --long-sequences windows, or leave it out',
          { cause },
        )
      : cause;
  });
}

function refuseTranslation(translate: Translation | undefined, { alphabet, name }: ModelSource): void {
  if (translate && alphabet === 'dna')
    throw new UsageError(
      `--translate produces proteins, but the model ${name} reads nucleotides; leave --translate out, or choose a protein model with --model`,
    );
}
