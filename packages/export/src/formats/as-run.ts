import type { Sink } from '@holdfast/pt-serializer';
import { type FormatName, formats } from '@holdfast/run-folder';
import type { ExportSource } from '../export-source.js';

/** Writes one of the formats of a run itself, as the run would have with `--format`. */
export const asRun =
  (format: FormatName) =>
  async (sink: Sink, source: ExportSource): Promise<void> => {
    const { rows, dim, dtype, columns, facts } = source;
    await formats[format](sink, {
      shape: [rows, dim],
      dtype,
      columns,
      facts,
      async ids() {
        const all: string[] = [];
        for await (const part of source.ids()) for (const id of part) all.push(id);
        return all;
      },
      async *chunks() {
        for await (const { bytes } of source.blocks()) yield bytes;
      },
    });
  };
