import {
  above0,
  array,
  atLeast,
  type Check,
  callback,
  flag,
  having,
  kind,
  object,
  oneOf,
  orNull,
  required,
  type Shape,
  text,
  value,
  whole,
  words,
} from '@holdfast/options';
import { STOP_SIGNALS } from '@holdfast/process';
import type { WorkerStatus } from './classify-error.js';
import type { ForkOptions } from './fork-workers.js';
import type { GroupFailure, Isolation, PoisonedRow, startIsolation } from './isolation.js';
import type { CoordinatorOptions } from './options.js';
import type { OutputLimitOptions } from './output-limit.js';
import type { FailureHistory, RetryPolicy } from './retry-policy.js';
import type { WorkerChannelOptions } from './worker-channel.js';

const milliseconds = atLeast(0, 'milliseconds');
const seconds = atLeast(0, 'seconds');

/** A count that may be without end. */
const count = (least: number): Check =>
  value(
    `a whole number of at least ${least}, or Infinity`,
    (given) =>
      (Number.isSafeInteger(given) || given === Number.POSITIVE_INFINITY) && (given as number) >= least,
  );

const policyChecks = {
  maxRetriesTransient: count(0),
  poisonStrikes: count(1),
  spotRetryPollInterval: seconds,
  killedBackoffBaseSec: seconds,
  backoffBaseSec: seconds,
  backoffMaxSec: seconds,
  jitter: atLeast(0),
  climbAfter: count(1),
  maxStartupFailures: count(1),
} satisfies Shape<Partial<RetryPolicy>>;

/** What a caller wants otherwise than `DEFAULT_POLICY`. */
const policyChanges = object<Partial<RetryPolicy>>(policyChecks);

/** A policy that is said in full. */
export const wholePolicy = object<RetryPolicy>(
  Object.fromEntries(
    Object.entries(policyChecks).map(([name, check]) => [name, required(check)]),
  ) as unknown as Shape<RetryPolicy>,
);

export const outputLimitOptions = object<OutputLimitOptions>({
  burst: atLeast(2, 'lines'),
  linesPerSec: above0('lines a second'),
});

export const coordinatorOptions = object<CoordinatorOptions>({
  slots: required(whole(1)),
  shards: required(array(whole(0), 'whole numbers of at least 0', { distinct: true })),
  spawn: required(callback),
  policy: policyChanges,
  graceMs: milliseconds,
  stallMs: milliseconds,
  startStallMs: milliseconds,
  startMs: milliseconds,
  stallGraceMs: milliseconds,
  isolates: flag,
  maxQuarantined: atLeast(0, 'sequences'),
  maxSetAside: atLeast(0, 'sequences'),
  quarantined: whole(0),
  records: having('an object that keeps records', 'recoveries', 'recordRecovery', 'recordRedistribution'),
  validateShard: callback,
  output: outputLimitOptions,
  clock: having('a clock', 'now', 'sleep'),
  random: callback,
  oomKiller: having('an OOM killer', 'kills'),
  onEvent: callback,
  onShardFailed: callback,
});

const errorKind = oneOf(['spot_preemption', 'oom', 'poison_input', 'transient']);

export const failureHistory = object<FailureHistory>({
  kind: required(errorKind),
  retryCount: required(whole(0)),
  batchIdx: whole(0),
  batchFailures: whole(0),
});

export const workerStatus = object<WorkerStatus>({
  exitcode: orNull(whole(0), 'an exit code or null'),
  signal: orNull(words, "a signal's name or null"),
  error: text,
  errorMessage: text,
  lastWords: text,
  oomKilled: flag,
  circuitBreaker: flag,
});

const texts = array(text, 'strings');

export const forkOptions = object<ForkOptions>({
  modulePath: required(words),
  args: texts,
  env: callback,
  execArgv: texts,
});

const rows = array(whole(0), 'rows');

const poisonKind = oneOf(['poison_input', 'oom', 'crash', 'hang']);

const poisonedRow = object<PoisonedRow>({
  row: required(whole(0)),
  kind: required(poisonKind),
  attempts: required(whole(0)),
  error: required(text),
});

export const isolationClues = object<NonNullable<Parameters<typeof startIsolation>[2]>>({
  alone: rows,
  suspects: orNull(rows, 'an array of rows, or null'),
  most: orNull(whole(1), 'a whole number of at least 1, or null'),
  poisoned: array(poisonedRow, 'poisoned rows'),
  failures: array(whole(0), 'whole numbers'),
});

/** A search, as far as a caller can have made it: its own fields are not gone through at each call. */
export const isIsolation = required(
  kind('the search that startIsolation gives', (given) => {
    const search = given as Isolation | null | undefined;
    return typeof search === 'object' && Array.isArray(search?.alone) && Array.isArray(search.poisoned);
  }),
);
/** Rows of a group; each is looked at by who embeds it. */
export const isGroup = required(kind('an array of rows', Array.isArray));
export const isSize = required(whole(0));
export const isRowSet = required(
  kind(
    'a set of rows',
    (given) => typeof (given as ReadonlySet<number> | null | undefined)?.has === 'function',
  ),
);

export const isLine = required(text);
export const isTime = required(
  kind('a number of milliseconds', (given) => typeof given === 'number' && !Number.isNaN(given)),
);
export const isCallback = required(callback);
export const isWorker = required(
  kind('a process, such as that of node:process', (given) => {
    const worker = given as NodeJS.Process | null | undefined;
    return typeof worker?.on === 'function' && typeof worker.stdout === 'object';
  }),
);

export const groupFailure = object<GroupFailure>({
  kind: required(poisonKind),
  error: required(text),
  faulty: rows,
});

export const channelOptions = object<WorkerChannelOptions>({
  orphanGraceMs: milliseconds,
  ignored: array(oneOf(STOP_SIGNALS), 'signals'),
});
