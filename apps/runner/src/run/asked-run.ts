import { displayName, hashInput, type Translation } from '@holdfast/fasta';
import type { LetterRules, ModelSource } from '@holdfast/gpu-runtime';
import type { IndexProgress, LetterUse, SequenceIndex } from '@holdfast/plan';
import {
  type Asked,
  type FormatName,
  modelOptions,
  type Reattempt,
  type ResultRecord,
  type RunRecord,
} from '@holdfast/run-folder';

export interface PrepareOptions {
  inputs: readonly string[];
  model: ModelSource;
  /** Tokens of a batch that were asked for; undefined leaves them to the run on disk, or to `chooseBatchTokens`. */
  batchTokens: number | undefined;
  /** Those of a new run. */
  chooseBatchTokens(): Promise<number>;
  /** Shards asked for on the command line; undefined leaves the choice to `defaultShards`, or to the run on disk. */
  shards: number | undefined;
  /** Threads of a worker asked for; undefined: any. */
  threads: number | undefined;
  defaultShards: number;
  format: FormatName;
  translate: Translation | undefined;
  /** Quarantined sequences that are tried again. Default: those that were set aside. */
  retry?: Reattempt;
  /** What the model knows of letters, and what a new run changes in them. */
  letters: { rules: LetterRules; use: LetterUse };
  /** Whether a run that is there is replaced. */
  forceRestart: boolean;
  /** Finds out whether a new run's device and model can be used, before the input is read, or anything of an older run removed. */
  tryForNewRun(): Promise<void>;
  signal: AbortSignal;
  /** Called around each reading of the inputs. */
  reading?<T>(work: () => Promise<T>): Promise<T>;
  /** Called around what may take long without a word of its own. @param what what it is, such as `checking the result`. */
  checking?<T>(what: string, work: () => Promise<T>): Promise<T>;
  onProgress(progress: IndexProgress): void;
  onWarning(message: string): void;
}

/** What is asked of a run that may be complete. */
export type AskedRun = Pick<
  PrepareOptions,
  | 'inputs'
  | 'model'
  | 'batchTokens'
  | 'shards'
  | 'threads'
  | 'translate'
  | 'letters'
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
  /** The result that is there, where only quarantined sequences are to be tried again. */
  finished?: ResultRecord;
}

export function asked(
  { model, batchTokens, shards, threads, translate, letters }: AskedRun,
  inputs: RunRecord['inputs'],
): Asked {
  const { name, fingerprint } = model;
  return {
    inputs,
    model: { name, fingerprint },
    batch_tokens: batchTokens,
    shards,
    threads,
    model_options: modelOptions(model),
    ...(translate && { translate }),
    letters: letters.use,
  };
}

export async function hashInputs(options: AskedRun): Promise<RunRecord['inputs']> {
  const { inputs, signal } = options;
  const hashed = [];
  for (const path of inputs) {
    const what = `reading ${displayName(path)}, to see whether it is what the run was begun with`;
    const digest = await checking(options, what, () => hashInput(path, { signal }));
    hashed.push({ path, ...digest });
  }
  return hashed;
}

/** Watches a reading where somebody wants to. */
export const reading = <T>(options: PrepareOptions, work: () => Promise<T>): Promise<T> =>
  options.reading === undefined ? work() : options.reading(work);

export const checking = <T>({ checking }: AskedRun, what: string, work: () => Promise<T>): Promise<T> =>
  checking === undefined ? work() : checking(what, work);
