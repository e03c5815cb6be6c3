import { flag, object, orNull, text, whole, words } from '@holdfast/options';
import { isFromOutside } from './signals.js';

/** What kind of failure it was; each has a policy of its own. */
export const ERROR_KINDS = ['spot_preemption', 'oom', 'poison_input', 'transient'] as const;
export type ErrorKind = (typeof ERROR_KINDS)[number];

/** What is known of a worker's end. */
export interface WorkerStatus {
  exitcode?: number | null | undefined;
  /** The signal it died of. */
  signal?: string | null | undefined;
  /** Short code the worker gave: `cuda_oom`, `cuda_runtime`, `non_finite`, `unfit_device`, `lost_device`, or anything else; `error`: it has none. */
  error?: string | undefined;
  errorMessage?: string | undefined;
  /** What it printed last on standard error; looked at for want of memory alone, since anything may stand in it. */
  lastWords?: string | undefined;
  /** Whether the kernel's out-of-memory killer struck while it lived. */
  oomKilled?: boolean | undefined;
  /** Whether the same batch failed too often. */
  circuitBreaker?: boolean | undefined;
}

export const workerStatus = object<WorkerStatus>({
  exitcode: orNull(whole(0), 'an exit code or null'),
  signal: orNull(words, "a signal's name or null"),
  error: text,
  errorMessage: text,
  lastWords: text,
  oomKilled: flag,
  circuitBreaker: flag,
});

/** SIGTERM and SIGKILL as exit codes: 128 + 15, 128 + 9. */
const EXIT_SIGTERM = 143;
const EXIT_SIGKILL = 137;
/** As a sentence says it: messages also quote names of models, files and sequences, which may be anything. */
const sentence = (pattern: string, flags = '') =>
  new RegExp(`(?<![\\w/."'=-])(?:${pattern})(?![\\w/"'=-]|\\.\\w)`, flags);
const PREEMPTED = sentence(
  '(?:received|caught|got) (?:signal )?SIGTERM|(?:was|is|been|being|got) preempted|preempted by|(?:due to|by) preemption|preemption notice',
  'i',
);
/** As CUDA, ONNX Runtime, C++, Rust, V8 and the system say it. */
const OUT_OF_MEMORY =
  /out[ _]of[ _]memory|Fatal \w+ OOM|bad_alloc|failed to allocate|cannot allocate memory|ENOMEM|cudaErrorMemoryAllocation|memory allocation of \d+ bytes failed/i;
const NON_FINITE = sentence('NaN|Inf|non-finite');

/** Tells the kind of a failure from how the worker ended and what it said; preemption is looked for first. */
export function classifyError({
  exitcode,
  signal,
  error,
  errorMessage = '',
  lastWords = '',
  oomKilled,
  circuitBreaker,
}: WorkerStatus): ErrorKind {
  if (exitcode === EXIT_SIGTERM || signal === 'SIGTERM') return 'spot_preemption';
  // The worker looked at the rows itself; what its message quotes, the ID of a sequence, says nothing.
  if (error === 'non_finite') return 'poison_input';
  // Whatever words of memory stand in what it said.
  if (error === 'unfit_device' || error === 'lost_device') return 'transient';
  // A worker that gives a code of its own knows better than its message.
  const onlyWords = error === undefined || error === 'error';
  if (onlyWords && PREEMPTED.test(errorMessage)) return 'spot_preemption';
  if (error === 'cuda_oom' || OUT_OF_MEMORY.test(errorMessage)) return 'oom';
  if (oomKilled === true && (signal === 'SIGKILL' || exitcode === EXIT_SIGKILL)) return 'oom';
  if (OUT_OF_MEMORY.test(lastWords)) return 'oom';
  if (circuitBreaker === true || error === 'cuda_runtime') return 'poison_input';
  if (onlyWords && NON_FINITE.test(errorMessage)) return 'poison_input';
  // Whoever kills from outside says nothing about the work; what a worker said before counts more.
  if (error === undefined && isFromOutside({ exitcode, signal })) return 'spot_preemption';
  return 'transient';
}
