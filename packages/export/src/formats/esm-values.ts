import { tensor, writePt } from '@holdfast/pt-serializer';
import { RunFolderError } from '@holdfast/run-folder';
import type { ExportedFile } from '../format.js';
import type { ValueSource } from '../value-source.js';
import { fileStem } from './esm.js';

/**
 * A `.pt` for each sequence, as `extract.py` of fair-esm writes it with `--include per_tok` or `contacts`: `label`, and `representations`, a
 * dict of the layer's number to a tensor [tokens, dim], or `contacts`, a tensor [tokens, tokens].
 *
 * @throws RunFolderError for numbers that such a file has no place for.
 */
export async function* esmValueFiles(
  source: ValueSource,
  { esmLayer }: { esmLayer?: number },
): AsyncGenerator<ExportedFile> {
  const { name } = source;
  const layer = esmLayer ?? Number(/\.layer_(\d+)$/.exec(name)?.[1] ?? Number.NaN);
  const perToken = name.startsWith('per_token');
  if (!perToken && name !== 'contacts')
    throw new RunFolderError(`a file of extract.py has no place for ${name}; --to h5 has`);
  if (perToken && !Number.isInteger(layer))
    throw new RunFolderError(
      `the number of the layer is not known from the name ${name}; give it with --esm-layer, such as --esm-layer 33`,
    );
  const values = source.values()[Symbol.asyncIterator]();
  for await (const ids of source.ids())
    for (const label of ids) {
      const { value, done } = await values.next();
      if (done) throw new RunFolderError(`${name} ends before the IDs do; holdfast verify says what to do`);
      const numbers = tensor('float32', value.shape, value.bytes);
      const stem = fileStem(label);
      yield {
        name: `${stem}.pt`,
        async write(sink) {
          const what = perToken ? { representations: new Map([[layer, numbers]]) } : { contacts: numbers };
          await writePt(sink, { label, ...what }, { name: stem });
        },
      };
    }
}
