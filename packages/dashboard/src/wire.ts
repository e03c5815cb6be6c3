import type { History as RunHistory, Status, Throughput } from '@holdfast/status';

// What the server and its page say to each other.

/** Memory that a process of the run holds. */
export interface ProcessMemory {
  pid: number;
  /** The worker's slot; null for the command itself. */
  slot: number | null;
  /** Bytes in memory: the resident set, shared libraries included. */
  bytes: number;
}

/** How a run stands. */
export interface Snapshot {
  status: Status;
  /** Of the command and its workers, if they run on this machine and it has `/proc`. */
  memory: ProcessMemory[];
}

/** Everything that happened so far. */
export interface History extends RunHistory {
  /** As `holdfast plot` draws it; null while nothing is embedded. */
  throughput: Throughput | null;
}

/** How points may be coloured. */
export interface ColourInfo {
  /** As in the address of the request. */
  key: string;
  name: string;
  kind: 'number' | 'category';
}

/** An output with a row for each sequence. */
export interface OutputInfo {
  /** As in the address of the request. */
  name: string;
  /** With the full name of the embeddings, if they have one: `embeddings (mean.layer_33)`. */
  title: string;
  /** Numbers in a row. */
  dim: number;
}

/** The complete result. */
export interface ResultInfo {
  /** Changes when the result is joined again. */
  id: string;
  rows: number;
  /** The outputs that can be shown: all, or in a page without a server one. */
  outputs: OutputInfo[];
  /** The name of the output that is shown first. */
  from: string;
  model: string;
  colours: ColourInfo[];
}

/** Numbers of `kind: 'number'` are float32, one a row; categories are uint16 numbers in `names`. */
export type ColourHeader =
  /** The colours of the ramp go from `low` to `high`. */
  | { kind: 'number'; name: string; low: number; high: number }
  | { kind: 'category'; name: string; names: string[] };

/** One row of the result. */
export interface RowDetail {
  row: number;
  id: string;
  description: string;
  file: string | null;
  length: number | null;
}

/** A row that is near to another one. */
export interface Neighbour extends RowDetail {
  /** Cosine distance, from 0 to 2, as `holdfast search` gives it. */
  distance: number;
}

/** A computation that is at work, and how far it is, from 0 to 1. */
export interface Work {
  /** The output whose rows it reads. */
  from: string;
  what: MapName | 'clusters';
  done: number;
}

export type MapName = 'pca' | 'umap';

/** The header of an answer with a PCA: the share of the variance that each axis has, with commas between. */
export type VarianceHeader = 'holdfast-variance';

/** A row of the quarantine table. */
export interface QuarantineRow {
  id: string;
  ordinal: number;
  kind: string;
  attempts: number | null;
  error: string;
}

/** What a page holds that needs no server. Points may be a sample. */
export interface StaticData {
  made: string;
  snapshot: Snapshot;
  history: History;
  quarantine: QuarantineRow[];
  result: null | {
    info: ResultInfo;
    /** The row of each point: base64 of uint32. */
    rows: string;
    ids: string[];
    descriptions: string[];
    /** Base64 of float32 [points, 2]. */
    maps: Partial<Record<MapName, string>>;
    /** The share of the variance that each axis of the PCA has. */
    variance: number[] | null;
    /** The data are base64 of float32 or uint16. */
    colours: Record<string, { header: ColourHeader; data: string }>;
  };
}
