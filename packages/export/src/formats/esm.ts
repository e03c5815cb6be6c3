import { createHash } from 'node:crypto';
import { float32Of, type PtTensor, tensor, writePt } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import type { ExportSource } from '../export-source.js';
import type { ExportedFile } from '../format.js';
import type { ValueSource } from '../value-source.js';

/** What a file of extract.py may hold beside its label, in its order. */
export const ESM_KEYS = [
  'representations',
  'mean_representations',
  'bos_representations',
  'contacts',
] as const;

/** One output of a result, as a part of each file. */
export interface EsmPart {
  key: (typeof ESM_KEYS)[number];
  /** The number of the layer; null for contacts. */
  layer: number | null;
  /** The tensor of each sequence, in the rows' order. */
  tensors(): AsyncIterable<PtTensor>;
}

/**
 * A `.pt` for each sequence, as `extract.py` of fair-esm writes it: `label`, and what it has a key for. `contacts` is a tensor; the
 * others are dicts of the layer's number to a tensor, in the layers' order.
 *
 * @param ids in the rows' order, in lists.
 */
export async function* esmFiles(
  ids: AsyncIterable<readonly string[]>,
  parts: readonly EsmPart[],
): AsyncGenerator<ExportedFile> {
  const ordered = ESM_KEYS.flatMap((key) =>
    parts.filter((part) => part.key === key).sort((a, b) => (a.layer ?? 0) - (b.layer ?? 0)),
  );
  const tensors = ordered.map((part) => part.tensors()[Symbol.asyncIterator]());
  try {
    for await (const labels of ids)
      for (const label of labels) {
        const value = new Map<string, string | PtTensor | Map<number, PtTensor>>([['label', label]]);
        for (const [at, { key, layer }] of ordered.entries()) {
          const { value: own, done } = await tensors[at]!.next();
          if (done)
            throw new RunFolderError(`${key} ends before the IDs do; holdfast verify says what to do`);
          if (layer === null) value.set(key, own);
          else value.set(key, ((value.get(key) ?? new Map()) as Map<number, PtTensor>).set(layer, own));
        }
        const stem = fileStem(label);
        yield {
          name: `${stem}.pt`,
          write: async (sink) => void (await writePt(sink, value, { name: stem })),
        };
      }
  } finally {
    for (const each of tensors) await each.return?.();
  }
}

/** Rows that are read at a time. */
const ROWS = 1024;

/** A tensor [dim] for each row. */
export async function* rowTensors(source: Pick<ExportSource, 'dim' | 'blocks'>): AsyncGenerator<PtTensor> {
  const { dim } = source;
  for await (const { rows, data } of source.blocks(ROWS))
    for (let row = 0; row < rows; row++)
      yield tensor('float32', [dim], data.subarray(row * dim, (row + 1) * dim));
}

/** A tensor [tokens, dim], or [tokens, tokens], for each sequence. */
export async function* valueTensors(source: Pick<ValueSource, 'dtype' | 'values'>): AsyncGenerator<PtTensor> {
  for await (const { shape, bytes } of source.values())
    yield tensor('float32', shape, float32Of(source.dtype, bytes));
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
