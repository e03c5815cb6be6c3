import { type Cut, displayName, hashInput } from '@holdfast/fasta';
import type { LetterRules, ModelSource } from '@holdfast/gpu-runtime';
import type { HubPin } from '@holdfast/models';
import type { IndexProgress, LetterUse, ReadingUse, SequenceIndex } from '@holdfast/plan';
import {
  type Asked,
  cutFieldsOf,
  type FormatName,
  type GivenModel,
  modelOptions,
  outputsOf,
  type Reattempt,
  type ResultRecord,
  type RunRecord,
} from '@holdfast/run-folder';

export interface PrepareOptions {
  inputs: readonly string[];
  model: ModelSource;
  /** Where the model is on the hub, if it is from there. */
  hub?: HubPin | undefined;
  /** What the command gives of the model; undefined for a built-in one. */
  given?: GivenModel | undefined;
  /** The requested token budget; undefined: that of the run on disk, else `chooseBatchTokens` decides. */
  batchTokens: number | undefined;
  /** The token budget of a new run. */
  chooseBatchTokens(): Promise<number>;
  /** The requested number of shards; undefined: that of the run on disk, else `defaultShards`. */
  shards: number | undefined;
  /** The requested threads per worker; undefined: any. */
  threads: number | undefined;
  defaultShards: number;
  format: FormatName;
  /** How records become sequences. */
  cut: Cut;
  /** Whether a new run computes identical sequences once. */
  dedupe: boolean;
  /** Which quarantined sequences to reattempt. Default: those that were set aside. */
  retry?: Reattempt;
  /** Which letters the model knows, and which ones a new run replaces. */
  letters: { rules: LetterRules; use: LetterUse };
  /** How records are read; undefined: by default. */
  reading?: ReadingUse | undefined;
  /** Whether to replace an existing run. */
  forceRestart: boolean;
  /** Called once a restart is about to remove the run that is there. */
  beforeReplacing?(): Promise<void>;
  /** Tests a new run's device and model, before the input is read and before anything of an older run is removed. */
  tryForNewRun(): Promise<void>;
  signal: AbortSignal;
  /** Wraps each pass over the inputs. */
  whileReading?<T>(work: () => Promise<T>): Promise<T>;
  /** Wraps a step that may take long without reporting anything. @param what names it, such as `checking the result`. */
  checking?<T>(what: string, work: () => Promise<T>): Promise<T>;
  onProgress(progress: IndexProgress): void;
  onWarning(message: string): void;
}

/** What the command asks for, to compare with the run on disk. */
export type AskedRun = Pick<
  PrepareOptions,
  | 'inputs'
  | 'model'
  | 'hub'
  | 'given'
  | 'batchTokens'
  | 'shards'
  | 'threads'
  | 'cut'
  | 'letters'
  | 'dedupe'
  | 'reading'
  | 'format'
  | 'retry'
  | 'signal'
  | 'checking'
  | 'onWarning'
>;

export interface Prepared {
  record: RunRecord;
  index: SequenceIndex;
  resumed: boolean;
  /** The existing result, if only quarantined sequences are to be reattempted. */
  finished?: ResultRecord;
}

export function asked(
  { model, hub, given, batchTokens, shards, threads, cut, letters, dedupe, reading }: AskedRun,
  inputs: RunRecord['inputs'],
): Asked {
  const { name, fingerprint } = model;
  const outputs = outputsOf(model);
  return {
    inputs,
    model: { name, fingerprint, ...(hub && { hub }) },
    batch_tokens: batchTokens,
    shards,
    threads,
    ...(outputs && { outputs }),
    model_options: modelOptions(model),
    ...cutFieldsOf(cut),
    letters: letters.use,
    ...(dedupe && { identical: 'once' as const }),
    ...(reading && { reading }),
    ...(given && { given }),
  };
}

export async function hashInputs(
  options: Pick<AskedRun, 'inputs' | 'signal' | 'checking'>,
): Promise<RunRecord['inputs']> {
  const { inputs, signal } = options;
  const hashed = [];
  for (const path of inputs) {
    const what = `reading ${displayName(path)} to check that it has not changed since the run began`;
    const digest = await checking(options, what, () => hashInput(path, { signal }));
    hashed.push({ path, ...digest });
  }
  return hashed;
}

/** Reads the inputs, inside the caller's wrapper if there is one. */
export const whileReading = <T>(options: PrepareOptions, work: () => Promise<T>): Promise<T> =>
  options.whileReading === undefined ? work() : options.whileReading(work);

export const checking = <T>(
  { checking }: Pick<AskedRun, 'checking'>,
  what: string,
  work: () => Promise<T>,
): Promise<T> => (checking === undefined ? work() : checking(what, work));
