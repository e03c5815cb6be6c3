import { GENETIC_CODES, idRule, type OrfStart, type TranslationCount } from '@holdfast/fasta';
import type { ModelOverrides } from '@holdfast/gpu-runtime';
import {
  above0,
  array,
  callback,
  checkOptions,
  either,
  flag,
  object,
  oneOf,
  required,
  type Shape,
  signal,
  value,
  whole,
  words,
} from '@holdfast/options';
import type { DeviceWish } from '@holdfast/preflight';
import { type FormatName, formats, type Layout, layout } from '@holdfast/run-folder';

/** How many sequences may be quarantined before a run is stopped: a count, or percent of the input. */
export type QuarantineLimit = { count: number } | { percent: number };

export interface EmbedOptions {
  inputs: readonly string[];
  out: string;
  /** Where the run is kept; the result is put into `out`. Default: `out`. */
  work?: string;
  model: string;
  /** Settings that override those of the model's folder. */
  overrides?: ModelOverrides;
  /** Default: one per core on a CPU, else one per device. */
  workers?: number;
  /** Default: the fastest device that works. */
  device?: DeviceWish;
  shards?: number;
  /** CPU threads per worker. Default: its share of the cores. */
  threads?: number;
  seqThreshold?: number;
  timeThresholdSec?: number;
  /** Token budget of a batch; `auto` measures it. Default: the model's on the CPU, else `auto`. A resume keeps the run's. */
  batchTokens?: number | 'auto';
  /** Cut each record into chunks of this many residues. Default: no chunks. */
  chunk?: number;
  /** Residues from the start of a chunk to that of the next. Default: as few chunks as possible, as VirNucPro cuts. */
  stride?: number;
  /** Translate nucleotides for a protein model: the frames without a stop codon, all six, or their open reading frames. Default: no translation. */
  translate?: TranslationCount['frames'];
  /** NCBI's number of the genetic code. Default: 1, the standard code. */
  geneticCode?: number;
  /** Fewest amino acids of an open reading frame. Default: 30. */
  minOrf?: number;
  /** Where an open reading frame may start. Default: `atg`. */
  orfStart?: OrfStart;
  /** Keep U (or T) if the model knows only the other of the two. Default: read it as the one the model knows. */
  keepU?: boolean;
  /** Keep a protein's final `*`. Default: drop it if the model does not know it. */
  keepStop?: boolean;
  /** Compute sequences with the same residues once, and write the row for each. Default: true. */
  dedupe?: boolean;
  /** Drop a protein's final `*` even if the model knows it. */
  stripStop?: boolean;
  /** Keep the gaps `-` and `.`. Default: leave them out. */
  keepGaps?: boolean;
  /** What is done with records that cannot be used: refuse the input, or leave them out and list them. Default: refuse. */
  onBadRecord?: 'refuse' | 'skip';
  /** How the ID is found in a header: `first-word`, `whole`, or a regular expression (its first group, or its match). Default: `first-word`. */
  id?: string;
  /** What is done if records share an ID: refuse the input, or append `_2`, `_3`, …. Default: refuse. */
  dedupeIds?: 'refuse' | 'suffix';
  /** Stop the run when more sequences than this are quarantined. Default: 100 or 1%, whichever is more. */
  maxQuarantined?: QuarantineLimit;
  /** Refuse a lower precision whose row for any compared sequence has a smaller cosine to its row in fp32. Default: 0.99. */
  minCosine?: number;
  /** End with exit code 0 instead of 3 if sequences are quarantined. */
  quarantineOk?: boolean;
  /** Reattempt every quarantined sequence, including those that the model refused. Default: only those set aside. */
  retryQuarantined?: boolean;
  /** Seconds without progress after which a worker is restarted. Default: 600. */
  stallTimeoutSec?: number;
  /** Seconds a worker gets to save and exit, after a stop or after its coordinator died, before SIGKILL. Default: 30. */
  graceSec?: number;
  format: FormatName;
  forceRestart: boolean;
  /** How the command was called, to be kept in `result.json` as it is: without secrets. */
  invocation?: Invocation;
  /** Only report what the run would do; write nothing into the output folder. */
  dryRun?: boolean;
  /** Begin even if the disk clearly has less room than the run needs. */
  ignoreDiskSpace?: boolean;
  /** What happens when the disk is full: the run pauses until there is room, or ends. Default: `pause`. */
  onFullDisk?: 'pause' | 'stop';
  /** Compute no shard: other machines do. If some are not complete, the run ends with an error that says so. */
  joinOnly?: boolean;
  /** The rows are computed on other machines: the device is recorded as it is named, and not tried here. */
  elsewhere?: boolean;
}

/** How a command was called. */
export interface Invocation {
  command: readonly string[];
  /** Options that variables or files gave. */
  settings?: readonly { option: string; value: string; from: string }[];
}

/** How a run is stopped from outside. */
export interface Stop {
  /** Aborted to stop: workers save and exit. A `StoppedError` as its reason says which signal asked for it. */
  signal: AbortSignal;
  /** Aborted when that takes too long: workers are killed. Without effect before `signal`. */
  now?: AbortSignal;
}

/** Default limits of a worker in seconds: without progress, and to save and exit. */
const STALL_SEC = 600;
const GRACE_SEC = 30;

/** The limits of a run's workers in milliseconds. */
export const limitsOf = ({ stallTimeoutSec = STALL_SEC, graceSec = GRACE_SEC }: EmbedOptions) => ({
  stallMs: stallTimeoutSec * 1000,
  graceMs: graceSec * 1000,
});

/** Where a command keeps its run. */
export const runPlace = ({ out, work }: Pick<EmbedOptions, 'out' | 'work'>): Layout =>
  work === undefined ? layout(out) : layout(work, '--work');

/** The folder that gets a copy of the result; undefined if the run is kept in `out`. */
export const copyPlace = ({ out, work }: Pick<EmbedOptions, 'out' | 'work'>): Layout | undefined =>
  work === undefined ? undefined : layout(out);

/** The most workers, and the most threads per worker. No machine has more, so a larger number is a mistake. */
export const MOST_AT_ONCE = 1024;

type Of<Name extends string> = Extract<QuarantineLimit, Record<Name, number>>;
const quarantineLimit = either(
  'an object, { count } or { percent }',
  object<Of<'count'>>({ count: required(whole(0)) }),
  object<Of<'percent'>>({
    percent: required(
      value('a number from 0 to 100', (given) => typeof given === 'number' && given >= 0 && given <= 100),
    ),
  }),
);

const device = object<Exclude<NonNullable<EmbedOptions['device']>, 'auto'>>({
  kind: required(words),
  index: required(
    value('null or a whole number of at least 0', (given) => given === null || whole(0)(given, '') === null),
  ),
  every: flag,
});

/** Whether it says how IDs are found. */
function isIdRule(given: unknown): boolean {
  try {
    return typeof given === 'string' && given !== '' && idRule(given) !== null;
  } catch {
    return false;
  }
}

const shape: Shape<EmbedOptions> = {
  inputs: required(array(words, 'paths')),
  out: required(words),
  work: words,
  model: required(words),
  // `resolveModel` checks what is in it.
  overrides: value('an object', (given) => typeof given === 'object' && given !== null),
  workers: whole(1, MOST_AT_ONCE),
  device: either("'auto', or a device such as { kind: 'cpu', index: null }", device, oneOf(['auto'])),
  shards: whole(1),
  threads: whole(1, MOST_AT_ONCE),
  seqThreshold: whole(1),
  timeThresholdSec: above0('seconds'),
  batchTokens: either("a whole number of at least 1, or 'auto'", whole(1), oneOf(['auto'])),
  chunk: whole(1),
  stride: whole(1),
  translate: oneOf(['open', 'all', 'orfs']),
  geneticCode: oneOf(GENETIC_CODES),
  minOrf: whole(1),
  orfStart: oneOf(['atg', 'code', 'any']),
  keepU: flag,
  keepStop: flag,
  dedupe: flag,
  stripStop: flag,
  keepGaps: flag,
  onBadRecord: oneOf(['refuse', 'skip']),
  id: value('first-word, whole, or a regular expression', isIdRule),
  dedupeIds: oneOf(['refuse', 'suffix']),
  maxQuarantined: quarantineLimit,
  minCosine: value(
    'a number from -1 to 1',
    (given) => typeof given === 'number' && given >= -1 && given <= 1,
  ),
  quarantineOk: flag,
  retryQuarantined: flag,
  stallTimeoutSec: above0('seconds'),
  graceSec: above0('seconds'),
  format: required(oneOf(Object.keys(formats))),
  forceRestart: required(flag),
  invocation: object<Invocation>({
    command: required(array(words, 'arguments')),
    settings: value('a list', Array.isArray),
  }),
  dryRun: flag,
  ignoreDiskSpace: flag,
  onFullDisk: oneOf(['pause', 'stop']),
  joinOnly: flag,
  elsewhere: flag,
};
const embedOptions = object<EmbedOptions>(shape);

/** Whether a value is the options of a run, as it was kept in a file. */
export const isEmbedOptions = (given: unknown): boolean => embedOptions(given, 'options') === null;

const isStop = object<Stop>({ signal: required(signal), now: signal });

/** @throws RangeError or TypeError for invalid arguments of `embed` (`code` is `invalid_option`). */
export function checkEmbed(options: unknown, report: unknown, stop: unknown): void {
  checkOptions('embed', options, embedOptions);
  checkOptions('embed', report, callback, 'report');
  checkOptions('embed', stop, isStop, 'stop');
}
