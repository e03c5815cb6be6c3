import type { ExportName } from './export-formats.js';
import type { ExportedType } from './stored-type.js';

/** What is exported, and how. */
export interface ExportOptions {
  /** The folder of a complete run, or one that got its result. */
  folder: string;
  to: ExportName;
  /** Which output: `embeddings`, also by their full name such as `mean.layer_33`, or one beside them; for `esm` several with commas between, or `all`. Default: `embeddings`. */
  from?: string;
  /** How the numbers are stored. Default: as the result has them, where the format has a place for that; else float32. */
  dtype?: ExportedType;
  /** Where to. Default: beside the folder, with its name and the format's ending. */
  output?: string;
  /** Whether to replace what is there and is not this export. Default false. */
  force?: boolean;
  /** For `esm`: the number of the layer. Default: by the name of the layer or the model. */
  esmLayer?: number;
  /** For `virnucpro`: the folder of the other result, whose rows are joined to these. */
  mergeWith?: string;
  signal?: AbortSignal;
  onProgress?(done: number, rows: number): void;
}

/** What an export left. */
export interface Exported {
  path: string;
  /** Sequences whose numbers it has. */
  rows: number;
  /** Whether each has one row, or numbers of its tokens. */
  what: 'row' | 'sequence';
  /** Files that were written; 0 if all were there. */
  written: number;
  /** Files that were there with the same bytes. */
  kept: number;
  /** Whether the file holds the IDs; if not, row i belongs to line i of `ids`. */
  holdsIds: boolean;
  /** Path of `ids.txt`. */
  ids: string;
}
