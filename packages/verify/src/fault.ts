/** The kinds of checks, in the order in which they are reported. */
export const CHECKS = [
  'run',
  'index',
  'checkpoints',
  'manifest',
  'result',
  'rows',
  'outputs',
  'ids',
  'quarantine',
  'sequences',
  'precision',
  'restart',
  'cluster',
] as const;

export type CheckName = (typeof CHECKS)[number];

/**
 * What mends a fault: `repair` (`--repair`, then the same `holdfast embed` command), `rerun` (that command alone), `restore` the
 * run's own `run.json`, `submit` the run again, or the `newer` version of Holdfast that wrote the file.
 */
export type Remedy = 'repair' | 'rerun' | 'restore' | 'submit' | 'newer';

/** Something in the folder is not what the run wrote. */
export interface Fault {
  check: CheckName;
  /** Its path within the folder, with `/`. */
  file: string;
  /** Where in the file, such as a row, a line or a range of bytes; absent if it is the file as a whole. */
  place?: string;
  problem: string;
  remedy: Remedy;
}
