import { isFromOutside } from '../workers/signals.js';
import type { WorkerStatus } from '../workers/worker-status.js';
import type { PoisonKind } from './isolation.js';
import { backoffMs, type RetryPolicy } from './retry-policy.js';

/** The kind of a failure; each has its own retry policy. */
export type ErrorKind = 'spot_preemption' | 'oom' | 'poison_input' | 'transient';

/**
 * How a worker ended. It reported a cause (`reported`), a device that fails on known-good input (`unfit`), or
 * a device that was good when the isolation began and is not any more (`lost`). Or it crashed (`died`) or
 * hung (`hung`), perhaps because of its input. Or it was killed from outside (`killed`) or exited without a
 * reason (`ended`); these two say nothing about the sequences.
 */
export type Ending = 'reported' | 'unfit' | 'lost' | 'died' | 'hung' | 'killed' | 'ended';

/** Kinds of evidence in a worker's end, strongest first. */
export const EVIDENCE = ['exit', 'code', 'message', 'traces', 'guess'] as const;
type Evidence = (typeof EVIDENCE)[number];

/** The properties of one kind of failure. */
export interface FailureKind {
  /**
   * Its signs, by evidence: how the process exited, the worker's code, its message, other traces, and a guess
   * if there is nothing else. The strongest evidence wins, whatever its kind; on a tie, the upper row of the
   * table wins.
   */
  signs: Partial<Record<Evidence, (end: WorkerStatus) => boolean>>;
  /**
   * How often a shard is retried: `endless`; `per_shard`: `maxRetriesTransient` times until the shard makes
   * progress; `per_batch`: until the same batch failed `poisonStrikes` times.
   */
  budget: 'endless' | 'per_shard' | 'per_batch';
  /** Milliseconds until the next attempt. @param failures earlier ones that count. */
  delayMs: (failures: number, policy: Readonly<RetryPolicy>) => number;
  /** As what a row is quarantined that fails like this alone. Null: the failure blames no row. */
  blames: (how: Ending | undefined) => PoisonKind | null;
  /** Whether the next attempt gets half the token budget. */
  halvesBudget?: true;
  /** Whether the device is gone: the slot waits for it, and another slot may take the shard immediately. */
  losesDevice?: true;
}

/** Codes of workers that find their device at fault, whatever their message. */
export const DEVICE_CODES: ReadonlyMap<string | undefined, Ending> = new Map([
  ['unfit_device', 'unfit'],
  ['lost_device', 'lost'],
]);

/** SIGTERM and SIGKILL as exit codes: 128 + 15, 128 + 9. */
export const EXIT_SIGTERM = 143;
const EXIT_SIGKILL = 137;

/** Matches words of a sentence only: messages also quote names of models, files and sequences. */
const sentence = (pattern: string, flags = '') =>
  new RegExp(`(?<![\\w/."'=-])(?:${pattern})(?![\\w/"'=-]|\\.\\w)`, flags);
const PREEMPTED = sentence(
  '(?:received|caught|got) (?:signal )?SIGTERM|(?:was|is|been|being|got) preempted|preempted by|(?:due to|by) preemption|preemption notice',
  'i',
);
const NON_FINITE = sentence('NaN|Inf|non-finite');
/**
 * Wording of CUDA, ONNX Runtime, C++, Rust, V8 and the system. The model runtime has its own list
 * (`failure-kind.ts` there), which reads errors of a live session, includes allocators' words that may mean
 * anything elsewhere, and sends `cuda_oom`. This one also reads the last output of a dying process, and has
 * to serve any kind of worker.
 */
const OUT_OF_MEMORY =
  /out[ _]of[ _]memory|Fatal \w+ OOM|bad_alloc|failed to allocate|cannot allocate memory|ENOMEM|cudaErrorMemoryAllocation|memory allocation of \d+ bytes failed/i;

/** A worker's code is more reliable than its message. */
const hasNoCode = ({ error }: WorkerStatus) => error === undefined || error === 'error';

/** The kinds of failures: how each is recognised, how often and when it is retried, and what it blames. */
export const FAILURE_KINDS: Readonly<Record<ErrorKind, FailureKind>> = {
  spot_preemption: {
    signs: {
      exit: ({ exitcode, signal }) => exitcode === EXIT_SIGTERM || signal === 'SIGTERM',
      message: (end) => hasNoCode(end) && PREEMPTED.test(end.errorMessage ?? ''),
      // A kill from outside says nothing about the work; the worker's own report counts more.
      guess: (end) => end.error === undefined && isFromOutside(end),
    },
    budget: 'endless',
    delayMs: (_, policy) => policy.spotRetryPollInterval * 1000,
    blames: () => null,
    losesDevice: true,
  },
  oom: {
    signs: {
      code: ({ error }) => error === 'cuda_oom',
      message: ({ errorMessage = '' }) => OUT_OF_MEMORY.test(errorMessage),
      traces: ({ oomKilled, signal, exitcode, lastOutput = '' }) =>
        (oomKilled === true && (signal === 'SIGKILL' || exitcode === EXIT_SIGKILL)) ||
        OUT_OF_MEMORY.test(lastOutput),
    },
    budget: 'per_shard',
    delayMs: backoffMs,
    blames: () => 'oom',
    halvesBudget: true,
  },
  poison_input: {
    signs: {
      // The worker checked the rows itself; its message quotes a sequence's ID, which may be anything.
      code: ({ error }) => error === 'non_finite',
      // Not under `code`: a runtime sends the same code when it does not recognise an out-of-memory error.
      traces: (end) =>
        end.circuitBreaker === true ||
        end.error === 'cuda_runtime' ||
        (hasNoCode(end) && NON_FINITE.test(end.errorMessage ?? '')),
    },
    budget: 'per_batch',
    delayMs: () => 0,
    blames: () => 'poison_input',
  },
  /** Anything without signs of another kind. */
  transient: {
    signs: { code: ({ error }) => DEVICE_CODES.has(error) },
    budget: 'per_shard',
    delayMs: backoffMs,
    // A kill from outside and an exit without a reason prove nothing against a sequence.
    blames: (how) => (how === 'hung' ? 'hang' : how === 'died' ? 'crash' : null),
  },
};

export const ERROR_KINDS = Object.keys(FAILURE_KINDS) as readonly ErrorKind[];
