import type { Padding } from '@holdfast/plan';
import type { DiskVerdict } from '@holdfast/preflight';

/** The figures of a plan. */
export interface PlanFigures extends Padding {
  /** Sequences that are done, according to the manifest. */
  sequences_done: number;
  sequences: number;
  /** Those with the residues of an earlier one, which are not computed again. */
  copies: number;
  residues: number;
  batches: number;
  shards: number;
  /** 0 if nothing is left to embed. */
  workers: number;
  /** The device that computes rows, such as `cpu` or `cuda:0`. */
  device: string;
}

/** Sequences with `from` to `to` residues, both included. */
export interface LengthBin {
  from: number;
  to: number;
  sequences: number;
}

/** The lengths of an input's sequences, in residues. */
export interface Lengths {
  shortest: number;
  longest: number;
  mean: number;
  /** From the shortest to the longest, without a gap. */
  histogram: LengthBin[];
}

/** A disk that a run writes to. */
export interface Disk {
  /** A folder of the run on it. */
  folder: string;
  /** Bytes that the run still writes there. */
  need_bytes: number;
  /** Null if the system does not say. */
  free_bytes: number | null;
  verdict: DiskVerdict;
}

/** How long a run will take, by batches of its own. */
export interface TimeEstimate {
  /** Until everything is embedded. */
  seconds: number;
  /** Seconds of them until the models are loaded. */
  load_seconds: number;
  /** Of all workers together, as a plan counts tokens. */
  tokens_per_second: number;
  batches_measured: number;
}

/** What a run would do, as `--dry-run` finds out. */
export interface DryRunFigures extends PlanFigures {
  resumed: boolean;
  /** Whether the result is complete, but for quarantined sequences that are tried again. */
  reattempts?: true;
  /** Sequences with more residues than the model reads. */
  truncated: number;
  batch_tokens: number;
  /** CPU threads of a worker. */
  threads: number;
  lengths: Lengths;
  /** Bytes that are still to be written. */
  checkpoint_bytes: number;
  result_bytes: number;
  index_bytes: number;
  disks: Disk[];
  /** Measured, or reckoned from the size of the model if `estimate` is null. */
  worker_memory_bytes: number;
  free_memory_bytes: number;
  /** Null if nothing is left to embed, or the speed could not be measured. */
  estimate: TimeEstimate | null;
}
