import type {
  ColourHeader,
  History,
  MapName,
  Neighbour,
  QuarantineRow,
  ResultInfo,
  RowDetail,
  Snapshot,
  Work,
} from '@holdfast/dashboard';

/** A value of each point to colour it by. */
export interface Colour {
  header: ColourHeader;
  data: Float32Array | Uint16Array;
}

/** Where points are. */
export interface PointMap {
  /** [points, 2]. */
  places: Float32Array;
  /** The share of the variance that each axis of a PCA has, from 0 to 1; of others null. */
  shares: readonly number[] | null;
}

/** What a page hears of a run. */
export interface Ears {
  snapshot(snapshot: Snapshot): void;
  history(history: History): void;
  work(work: Work): void;
  /** The server cannot be reached, or cannot read the run; null: it can again. */
  trouble(message: string | null): void;
}

/** Where the page has its data from. Points are numbered from 0; a page without a server may have some of the rows only. */
export interface Source {
  /** When the page was written; null if a server answers. */
  made: string | null;
  listen(ears: Ears): void;
  quarantine(): Promise<QuarantineRow[]>;
  /** Null while there is no result. */
  result(): Promise<ResultInfo | null>;
  /** How many points the maps have. */
  points(info: ResultInfo): number;
  /** @param from the name of an output of the result, as everywhere here. */
  map(name: MapName, from: string): Promise<PointMap>;
  colour(key: string, from: string): Promise<Colour>;
  detail(point: number): Promise<RowDetail>;
  /** Null if only a server could tell. */
  neighbours: ((point: number, from: string) => Promise<Neighbour[]>) | null;
  /** The IDs of all points. */
  ids(): Promise<string[]>;
}
