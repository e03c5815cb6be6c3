import type { Sink } from '@holdfast/pt-serializer';
import { type FormatName, formats } from '@holdfast/run-folder';
import type { ExportSource } from '../export-source.js';

/** Writes one of the formats of a run itself, as the run would have with `--format`. */
export const asRun =
  (format: FormatName) =>
  async (sink: Sink, source: ExportSource): Promise<void> => {
    const { rows, dim, columns, facts } = source;
    await formats[format](sink, {
      shape: [rows, dim],
      columns,
      facts,
      async ids() {
        const all: string[] = [];
        for await (const part of source.ids()) for (const id of part) all.push(id);
        return all;
      },
      async *chunks() {
        for await (const { data } of source.blocks())
          yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      },
    });
  };
