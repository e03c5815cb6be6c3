import { type ModelSource, ownDim, valueCounts } from '@holdfast/gpu-runtime';

type Source = Pick<ModelSource, 'dim'> & { recipe?: Pick<ModelSource['recipe'], 'more'> };

/** Where a number of a sequence's row stands: `column 3` of the embeddings, or `column 3 of cls.layer_2`. */
export function placeInRow(column: number, { dim, recipe }: Source): string {
  let first = ownDim(dim, recipe?.more);
  if (column < first) return `column ${column}`;
  for (const output of recipe?.more?.rows ?? []) {
    if (column < first + output.dim) return `column ${column - first} of ${output.name}`;
    first += output.dim;
  }
  return `column ${column}`;
}

/** Where a number stands among those of a sequence's tokens: `column 3 of token 7 in per_token.layer_2`. */
export function placeInValues(at: number, tokens: number, { recipe }: Source): string {
  const more = recipe?.more ?? {};
  const { tokens: ofTokens = [], pairs = [] } = more;
  let first = 0;
  for (const [i, count] of valueCounts(more, tokens).entries()) {
    const inside = at - first;
    if (inside < count) {
      const output = ofTokens[i];
      return output === undefined
        ? `tokens ${Math.floor(inside / tokens)} and ${inside % tokens} in ${pairs[i - ofTokens.length]!.name}`
        : `column ${inside % output.dim} of token ${Math.floor(inside / output.dim)} in ${output.name}`;
    }
    first += count;
  }
  return `number ${at} of its tokens`;
}
