import { isFromOutside } from '../workers/signals.js';
import type { WorkerStatus } from '../workers/worker-status.js';
import type { PoisonKind } from './isolation.js';
import { backoffMs, type RetryPolicy } from './retry-policy.js';

/** What kind of failure it was; each has a policy of its own. */
export type ErrorKind = 'spot_preemption' | 'oom' | 'poison_input' | 'transient';

/**
 * How a worker came to its end. It told why (`told`), that its device is at fault, as it fails on what is known to be good
 * (`unfit`), or that it lost its device amid a search, which was well when that began (`lost`). Or it crashed (`died`) or
 * hung (`hung`), and what it was embedding may be why. Or somebody outside killed it (`killed`), or it exited without a word
 * (`ended`): neither says anything about the sequences.
 */
export type Ending = 'told' | 'unfit' | 'lost' | 'died' | 'hung' | 'killed' | 'ended';

/** What a worker's end can show, the strongest evidence first. */
export const EVIDENCE = ['exit', 'code', 'message', 'traces', 'guess'] as const;
type Evidence = (typeof EVIDENCE)[number];

/** What sets one kind of failure apart from the others. */
export interface FailureKind {
  /**
   * Signs of it, by the evidence they are: how the process exited, the code the worker gave, its message, what else it left
   * behind, and what is likely where there is nothing more. Stronger evidence of any kind wins over weaker evidence; of two
   * kinds with the same evidence, the upper row of the table wins.
   */
  signs: Partial<Record<Evidence, (end: WorkerStatus) => boolean>>;
  /**
   * How often a shard is retried: `endless`; `per_shard`: `maxRetriesTransient` times until the shard makes progress;
   * `per_batch`: until the same batch failed `poisonStrikes` times.
   */
  budget: 'endless' | 'per_shard' | 'per_batch';
  /** Milliseconds until the next try. @param failures earlier ones that count. */
  delayMs: (failures: number, policy: Readonly<RetryPolicy>) => number;
  /** What such a failure says against the rows being embedded: what one is quarantined as that fails alone. Null: nothing. */
  blames: (how: Ending | undefined) => PoisonKind | null;
  /** Whether the next try has half the token budget. */
  halvesBudget?: true;
  /** Whether the device is gone: the slot waits for it, and the shard may go to another slot at once. */
  losesDevice?: true;
}

/** Codes of workers that find their device at fault, whatever else their message says. */
export const DEVICE_CODES: ReadonlyMap<string | undefined, Ending> = new Map([
  ['unfit_device', 'unfit'],
  ['lost_device', 'lost'],
]);

/** SIGTERM and SIGKILL as exit codes: 128 + 15, 128 + 9. */
export const EXIT_SIGTERM = 143;
const EXIT_SIGKILL = 137;

/** Words as a sentence has them: messages also quote names of models, files and sequences, which may be anything. */
const sentence = (pattern: string, flags = '') =>
  new RegExp(`(?<![\\w/."'=-])(?:${pattern})(?![\\w/"'=-]|\\.\\w)`, flags);
const PREEMPTED = sentence(
  '(?:received|caught|got) (?:signal )?SIGTERM|(?:was|is|been|being|got) preempted|preempted by|(?:due to|by) preemption|preemption notice',
  'i',
);
const NON_FINITE = sentence('NaN|Inf|non-finite');
/**
 * As CUDA, ONNX Runtime, C++, Rust, V8 and the system say it. The model runtime has a list of its own (`failure-kind.ts` there):
 * that one reads errors of a live session, with words of allocators that may mean anything elsewhere, and sends `cuda_oom`.
 * This one also reads what a dying process printed last, and has to do for workers that run something else.
 */
const OUT_OF_MEMORY =
  /out[ _]of[ _]memory|Fatal \w+ OOM|bad_alloc|failed to allocate|cannot allocate memory|ENOMEM|cudaErrorMemoryAllocation|memory allocation of \d+ bytes failed/i;

/** A worker that gives a code of its own knows better than its message. */
const hasNoCode = ({ error }: WorkerStatus) => error === undefined || error === 'error';

/** The kinds of failures: how each is recognised, how often and when it is retried, and whether it may blame a batch. */
export const FAILURE_KINDS: Readonly<Record<ErrorKind, FailureKind>> = {
  spot_preemption: {
    signs: {
      exit: ({ exitcode, signal }) => exitcode === EXIT_SIGTERM || signal === 'SIGTERM',
      message: (end) => hasNoCode(end) && PREEMPTED.test(end.errorMessage ?? ''),
      // Whoever kills from outside says nothing about the work; what the worker said before counts more.
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
      // The worker looked at the rows itself; its message quotes the ID of a sequence, which may be anything.
      code: ({ error }) => error === 'non_finite',
      // Not by its code: a runtime has no other for too little memory that it does not recognise.
      traces: (end) =>
        end.circuitBreaker === true ||
        end.error === 'cuda_runtime' ||
        (hasNoCode(end) && NON_FINITE.test(end.errorMessage ?? '')),
    },
    budget: 'per_batch',
    delayMs: () => 0,
    blames: () => 'poison_input',
  },
  /** Whatever has no sign of another kind. */
  transient: {
    signs: { code: ({ error }) => DEVICE_CODES.has(error) },
    budget: 'per_shard',
    delayMs: backoffMs,
    // What somebody outside does, and an exit without a word, are no proof against a sequence.
    blames: (how) => (how === 'hung' ? 'hang' : how === 'died' ? 'crash' : null),
  },
};

export const ERROR_KINDS = Object.keys(FAILURE_KINDS) as readonly ErrorKind[];
