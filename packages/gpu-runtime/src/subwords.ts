import type { Tokenizer } from '@huggingface/tokenizers';
import type { ModelSource } from './model-source.js';
import { tokenizerOf } from './tokenizer-files.js';

/** The tokens of a sequence or window, without special ones. */
export interface SubwordTokens {
  ids: Int32Array;
  /** Whether there were more than the model takes, and the rest was left out. */
  truncated: boolean;
}

/** Makes tokens of several residues, as the tokenizers library does. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #longest: number;

  /** @throws ModelError `model_bad_json` if the library refuses the tokenizer's files. */
  constructor(
    files: NonNullable<ModelSource['recipe']['tokenizer']>,
    { folder, maxTokens, specialTokens }: Pick<ModelSource, 'folder' | 'maxTokens' | 'specialTokens'>,
  ) {
    this.#tokenizer = tokenizerOf(files, folder);
    this.#longest = maxTokens === undefined ? Number.POSITIVE_INFINITY : maxTokens - specialTokens;
  }

  /** The tokens of a sequence, no more than the model takes. */
  encode(residues: Uint8Array): SubwordTokens {
    const text = Buffer.from(residues.buffer, residues.byteOffset, residues.byteLength).toString('latin1');
    const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
    const truncated = ids.length > this.#longest;
    return { ids: Int32Array.from(truncated ? ids.slice(0, this.#longest) : ids), truncated };
  }
}
