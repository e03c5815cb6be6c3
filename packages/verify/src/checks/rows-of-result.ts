import { readSync } from 'node:fs';
import type { KeptRows } from '@holdfast/plan';
import type { RowNames } from './row-names.js';

/** Takes the rows that copies need from the result itself, where those of their originals were compared before. */
export class RowsOfResult implements KeptRows, AsyncDisposable {
  constructor(
    private readonly file: number,
    /** Where the first row begins. */
    private readonly offset: number,
    private readonly names: RowNames,
  ) {}

  keep(): void {}

  async settle(): Promise<void> {}

  read(ordinal: number, row: Float32Array): void {
    const place = this.offset + this.names.rowOf(ordinal) * row.byteLength;
    readSync(this.file, row, 0, row.byteLength, place);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
