import { float32Of } from '@holdfast/pt-serializer';
import { tsvRow } from './formats/tsv.js';
import type { SomeValues } from './some-values.js';

/** The names of the columns: the ID, the position of a token or of both of a pair, from 0, and the numbers. */
export function valueHead({ name, pairs, sequences }: SomeValues): string {
  const dim = sequences[0]?.shape[1] ?? 0;
  const columns = pairs ? ['i', 'j', name] : ['position', ...Array.from({ length: dim }, (_, at) => at)];
  return `${['id', ...columns].join('\t')}\n`;
}

/** The lines of a sequence, a part for each of its tokens: a line for the token, or for each pair that begins with it. */
export async function* valueText(source: SomeValues, at: number): AsyncGenerator<string> {
  const { id, shape } = source.sequences[at]!;
  const [tokens, width] = shape;
  const numbers = float32Of(source.dtype, await source.bytes(at));
  for (let token = 0; token < tokens; token++) {
    const row = numbers.subarray(token * width, (token + 1) * width);
    if (!source.pairs) yield tsvRow(`${id}\t${token}`, row);
    else {
      let text = '';
      for (let other = 0; other < width; other++)
        text += tsvRow(`${id}\t${token}\t${other}`, row.subarray(other, other + 1));
      yield text;
    }
  }
}

/** A sequence as JSON in one line, in parts: its ID, and a list of numbers for each token. */
export async function* valueJson(source: SomeValues, at: number): AsyncGenerator<string> {
  const { id, shape } = source.sequences[at]!;
  const [tokens, width] = shape;
  const numbers = float32Of(source.dtype, await source.bytes(at));
  yield `{"id":${JSON.stringify(id)},"values":[`;
  for (let token = 0; token < tokens; token++)
    yield `${token > 0 ? ',' : ''}[${digits(numbers.subarray(token * width, (token + 1) * width))}]`;
  yield ']}\n';
}

/** Numbers in JSON; each reads back as the same float32. */
export const digits = (numbers: Float32Array): string =>
  Array.from(numbers, (each) => Number(each.toPrecision(9))).join(',');
