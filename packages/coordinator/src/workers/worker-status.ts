import { flag, object, orNull, text, whole, words } from '@holdfast/options';

/** The known facts about a worker's end. */
export interface WorkerStatus {
  exitcode?: number | null | undefined;
  /** The signal it died of. */
  signal?: string | null | undefined;
  /**
   * Short code the worker sent: `cuda_oom`, `cuda_runtime`, `non_finite`, `unfit_device`, `lost_device`, or
   * any other; `error`: it has none.
   */
  error?: string | undefined;
  errorMessage?: string | undefined;
  /**
   * Its last lines on standard error; searched only for signs of too little memory, as they may contain
   * anything.
   */
  lastOutput?: string | undefined;
  /** Whether the kernel's out-of-memory killer explains its death. */
  oomKilled?: boolean | undefined;
  /** Whether the same batch failed too often. */
  circuitBreaker?: boolean | undefined;
}

export const workerStatus = object<WorkerStatus>({
  exitcode: orNull(whole(0), 'an exit code or null'),
  signal: orNull(words, "a signal's name or null"),
  error: text,
  errorMessage: text,
  lastOutput: text,
  oomKilled: flag,
  circuitBreaker: flag,
});
