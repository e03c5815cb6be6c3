import { type Sink, tensor, writePt } from '@holdfast/pt-serializer';
import { RunFolderError, writeArray, writeTensors } from '@holdfast/run-folder';
import type { SomeValues } from './some-values.js';
import { valueHead, valueText } from './value-text.js';

/** Writes the numbers of some sequences' tokens. */
type WriteValues = (sink: Sink, source: SomeValues) => Promise<void>;

/** The formats of one file, by its ending. */
export const valueFiles: Readonly<Record<string, WriteValues>> = {
  /** One array, [tokens, dim] or [tokens, tokens]. */
  '.npy': (sink, source) => writeArray(sink, numbersOf(source, 0)),
  /** A dict of each ID to its tensor. */
  async '.pt'(sink, source) {
    const tensors = source.sequences.map(({ id }, at) => {
      const { dtype, shape, chunks } = numbersOf(source, at);
      return [id, tensor(dtype, shape, chunks)] as const;
    });
    await writePt(sink, new Map(tensors), { name: source.name });
  },
  /** A tensor an ID; the facts in the header. */
  async '.safetensors'(sink, source) {
    if (source.sequences.some(({ id }) => id === '__metadata__'))
      throw new RunFolderError(
        'a .safetensors has no place for an ID named __metadata__; end the name with .h5 or .pt',
      );
    const tensors = source.sequences.map(({ id }, at) => [id, numbersOf(source, at)] as const);
    await writeTensors(sink, tensors, source.facts);
  },
  '.h5': async (sink, source) => (await import('./formats/h5-values.js')).writeH5Values(sink, source),
  /** A line for each token, or each pair of tokens. */
  async '.tsv'(sink, source) {
    await sink.write(Buffer.from(valueHead(source)));
    for (let at = 0; at < source.sequences.length; at++)
      for await (const text of valueText(source, at)) await sink.write(Buffer.from(text));
  },
};

const numbersOf = (source: SomeValues, at: number) => ({
  dtype: source.dtype,
  shape: source.sequences[at]!.shape,
  async *chunks() {
    yield await source.bytes(at);
  },
});
