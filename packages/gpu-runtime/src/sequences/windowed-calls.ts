import { ownDim } from '../model/more-outputs.js';
import type { ModelRecipe } from '../model/recipe.js';
import type { ModelSource } from '../model-source.js';
import type { BatchCalls, Begun } from '../onnx/session-calls.js';
import { cutWindows, joinWindows, type Windows, withinBudget } from './windows.js';

/** The columns of a row that are the maximum over the residues. */
function maxima({ output, more = {} }: Pick<ModelRecipe, 'output' | 'more'>, dim: number): Uint8Array {
  const columns = new Uint8Array(dim);
  let first = ownDim(dim, more);
  columns.fill(Number(output.pooling === 'max'), 0, first);
  for (const { pooling, dim: width } of more.rows ?? []) {
    columns.fill(Number(pooling === 'max'), first, first + width);
    first += width;
  }
  return columns;
}

/** Cuts long sequences into windows, embeds these in batches of their own, and joins their rows. */
export class WindowedCalls implements BatchCalls {
  readonly #calls: BatchCalls;
  readonly #windows: Windows;
  readonly #source: Pick<ModelSource, 'dim' | 'recipe' | 'specialTokens'>;

  constructor(
    calls: BatchCalls,
    windows: Windows,
    source: Pick<ModelSource, 'dim' | 'recipe' | 'specialTokens'>,
  ) {
    this.#calls = calls;
    this.#windows = windows;
    this.#source = source;
  }

  begin(sequences: readonly Uint8Array[], windowTokens: number): Begun {
    const { residues } = this.#windows;
    const begin = (batch: readonly Uint8Array[]) => this.#calls.begin(batch, windowTokens);
    if (sequences.every(({ byteLength }) => byteLength <= residues)) return begin(sequences);
    const cut = cutWindows(this.#windows, sequences);
    const tokens = cut.pieces.map(({ byteLength }) => byteLength + this.#source.specialTokens);
    const batches = withinBudget(tokens, windowTokens).map(([first, end]) => cut.pieces.slice(first, end));
    const first = begin(batches[0]!);
    return async (onProgress) => {
      const rows = new Float32Array(cut.pieces.length * this.#source.dim);
      const truncated = new Set<number>();
      let next = first;
      let done = 0;
      for (const [i, pieces] of batches.entries()) {
        const run = next;
        const following = batches[i + 1];
        // Tokenizes the next one while this one is embedded.
        if (following !== undefined) next = begin(following);
        const embedded = await run(onProgress);
        rows.set(embedded.rows, done * this.#source.dim);
        for (const at of embedded.truncated) truncated.add(cut.owners[done + at]!);
        done += pieces.length;
      }
      const { dim, recipe } = this.#source;
      return {
        rows: joinWindows(rows, cut, { sequences: sequences.length, dim, greatest: maxima(recipe, dim) }),
        truncated,
      };
    };
  }
}
