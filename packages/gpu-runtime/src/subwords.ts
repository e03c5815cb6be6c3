import type { Tokenizer } from '@huggingface/tokenizers';
import type { ModelSource } from './model-source.js';
import { type TokenizerFiles, tokenizerOf } from './tokenizer-files.js';

/** What is needed to make a model's tokens, and nothing that cannot cross to a thread. */
export interface SubwordRules extends Pick<ModelSource, 'folder' | 'maxTokens' | 'specialTokens'> {
  files: TokenizerFiles;
}

/** Tokens of several sequences, without special ones. */
export interface Tokenized {
  tokens: Int32Array[];
  /** The indexes of those that had more tokens than the model takes. */
  truncated: number[];
}

/** Makes tokens of several residues, as the tokenizers library does. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #longest: number;

  /** @throws ModelError `model_bad_json` if the library refuses the tokenizer's files. */
  constructor({ files, folder, maxTokens, specialTokens }: SubwordRules) {
    this.#tokenizer = tokenizerOf(files, folder);
    this.#longest = maxTokens === undefined ? Number.POSITIVE_INFINITY : maxTokens - specialTokens;
  }

  /** The tokens of each sequence, no more than the model takes. */
  encode(sequences: readonly Uint8Array[]): Tokenized {
    const truncated: number[] = [];
    const tokens = sequences.map((residues, at) => {
      const text = Buffer.from(residues.buffer, residues.byteOffset, residues.byteLength).toString('latin1');
      const { ids } = this.#tokenizer.encode(text, { add_special_tokens: false });
      if (ids.length <= this.#longest) return Int32Array.from(ids);
      truncated.push(at);
      return Int32Array.from(ids.slice(0, this.#longest));
    });
    return { tokens, truncated };
  }
}
