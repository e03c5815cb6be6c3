import type { Tokenizer } from '@huggingface/tokenizers';
import type { ModelSource } from './model-source.js';
import { tokenizerOf } from './tokenizer-files.js';

/** Makes tokens of several residues, as the tokenizers library does. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #longest: number;
  #truncated = 0;

  /** @throws ModelError `model_bad_json` if the library refuses the tokenizer's files. */
  constructor(
    files: NonNullable<ModelSource['recipe']['tokenizer']>,
    { folder, maxTokens, specialTokens }: Pick<ModelSource, 'folder' | 'maxTokens' | 'specialTokens'>,
  ) {
    this.#tokenizer = tokenizerOf(files, folder);
    this.#longest = maxTokens === undefined ? Number.POSITIVE_INFINITY : maxTokens - specialTokens;
  }

  /** Sequences and windows so far that had more tokens than the model takes. */
  get truncated(): number {
    return this.#truncated;
  }

  /** The tokens of a sequence without special ones, no more than the model takes. */
  encode(residues: Uint8Array): Int32Array {
    const text = Buffer.from(residues.buffer, residues.byteOffset, residues.byteLength).toString('latin1');
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
    if (ids.length <= this.#longest) return Int32Array.from(ids);
    this.#truncated++;
    return Int32Array.from(ids.slice(0, this.#longest));
  }
}
