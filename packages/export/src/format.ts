import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from './export-source.js';
import type { StoredType } from './stored-type.js';
import type { ValueSource } from './value-source.js';

/** What some formats need beside the rows. */
export interface FormatOptions {
  /** For `esm`: the number of the layer. Default: by the name of the layer or the model. */
  esmLayer?: number;
  /** For `virnucpro`: the rows of the other model, by ID; they are joined to those of the result. */
  mergeWith?: OtherRows;
}

/** Rows of another result, by ID. */
export interface OtherRows {
  source: ExportSource;
  /** The row of an ID; null if it has none. */
  row(id: string): Promise<Float32Array | null>;
}

/** A file of a format that is a folder. */
export interface ExportedFile {
  name: string;
  write(sink: Sink): Promise<void>;
}

/** A format: either one file, or a folder of files. Equal results give equal bytes. */
export type ExportFormat = {
  /** What the name of the default path ends with. */
  ending: string;
  /** Types of numbers that it keeps as the result has them. Default: all become float32. */
  holds?: readonly StoredType[];
} & (
  | {
      write(sink: Sink, source: ExportSource): Promise<void>;
      /** For numbers of tokens, if the format has a place for them. */
      values?(sink: Sink, source: ValueSource): Promise<void>;
      files?: never;
    }
  | {
      files(source: ExportSource, options: FormatOptions): AsyncGenerator<ExportedFile>;
      /** For numbers of tokens, if the format has a place for them. */
      valueFiles?(source: ValueSource, options: FormatOptions): AsyncGenerator<ExportedFile>;
      /** Files that are written at the same time. */
      atOnce: number;
      write?: never;
    }
);
