import { createHash } from 'node:crypto';
import { tensor, writePt } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import type { ExportSource } from '../export-source.js';
import type { ExportedFile, FormatOptions } from '../format.js';
import { batches } from '../table.js';

/** The key of the rows in a file of extract.py, by how the rows were pooled. */
const KEYS: Readonly<Record<string, string>> = {
  mean: 'mean_representations',
  cls: 'bos_representations',
  // The model pools by itself.
  none: 'mean_representations',
};

/**
 * A `.pt` for each row, as `extract.py` of fair-esm writes it: `label`, and `mean_representations` (or `bos_representations` for rows of
 * the first token), a dict of the layer's number to a tensor [dim].
 *
 * @throws RunFolderError if the number of the layer is not known, or the rows are pooled in another way.
 */
export async function* esmFiles(source: ExportSource, options: FormatOptions): AsyncGenerator<ExportedFile> {
  const { dim } = source;
  const { pooling = 'mean' } = source.facts;
  const key = KEYS[pooling];
  if (key === undefined)
    throw new RunFolderError(
      `rows pooled by ${pooling} have no place in a file of extract.py; only those of mean and cls have`,
    );
  const layer = options.esmLayer ?? layerOf(source);
  for await (const { rows, ids, data } of batches({ ...source, lines: null }, 1024))
    for (let row = 0; row < rows; row++) {
      const label = ids[row]!;
      const stem = fileStem(label);
      const numbers = data.subarray(row * dim, (row + 1) * dim);
      yield {
        name: `${stem}.pt`,
        async write(sink) {
          const value = { label, [key]: new Map([[layer, tensor('float32', [dim], numbers)]]) };
          await writePt(sink, value, { name: stem });
        },
      };
    }
}

function layerOf({ facts, model }: ExportSource): number {
  const named = /^hidden_states\.(\d+)$/.exec(facts['layer'] ?? '') ?? /(?:^|[/_-])t(\d+)(?:_|$)/.exec(model);
  if (named === null)
    throw new RunFolderError(
      `the number of the layer is not known from the model's name (${model || 'none'}); give it with --esm-layer, such as --esm-layer 33`,
    );
  return Number(named[1]);
}

/** Most bytes of a file's name without its ending, so that it has room for `.pt.tmp`. */
const LONGEST = 240;

/**
 * The name of an ID's file without its ending. What a file's name cannot have is written as in an address (`/` as `%2F`), a dot at the
 * beginning and the percent sign too, and a name that is too long ends in a digest: two IDs never have one name, and none leaves the folder.
 */
export function fileStem(id: string): string {
  const coded = (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  const stem = id.replaceAll(/[%/\\\u0000-\u001f\u007f]|^\./g, coded);
  const bytes = Buffer.from(stem);
  if (bytes.length <= LONGEST && stem !== '') return stem;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 32);
  // A percent sign is else followed by two digits.
  return `${bytes.toString('utf8', 0, LONGEST - 40).replace(/\ufffd$/, '')}%~${digest}`;
}
