import type { RowValues } from '@holdfast/checkpoint';
import { type ModelSource, type TokenValues, valueCounts } from '@holdfast/gpu-runtime';
import { RowBuffer } from './row-buffer.js';

type More = NonNullable<ModelSource['recipe']['more']>;

/** The numbers of tokens that belong to the buffered rows. */
export class ValueBuffer {
  readonly #more: More;
  readonly #numbers = new RowBuffer(1);
  readonly #pieces: number;
  #tokens: number[] = [];
  #counts: number[] = [];

  constructor(more: More) {
    this.#more = more;
    this.#pieces = valueCounts(more, 0).length;
  }

  get numbers(): number {
    return this.#numbers.rows;
  }

  append(values: readonly TokenValues[]): void {
    for (const { tokens, data } of values) {
      this.#numbers.append(data);
      this.#tokens.push(tokens);
      this.#counts.push(...valueCounts(this.#more, tokens));
    }
  }

  /** What is buffered, valid until the next `append`; undefined if the model gives no numbers of tokens. */
  view(): RowValues | undefined {
    if (this.#pieces === 0) return undefined;
    return {
      data: this.#numbers.view(),
      pieces: this.#pieces,
      counts: this.#counts,
      tokens: this.#tokens,
    };
  }

  clear(): void {
    this.#numbers.clear();
    this.#tokens = [];
    this.#counts = [];
  }
}
