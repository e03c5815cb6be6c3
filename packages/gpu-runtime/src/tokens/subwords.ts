import type { Tokenizer } from '@huggingface/tokenizers';
import type { ModelSource } from '../model-source.js';
import { type PlainMerges, plainMerges, settledTokens } from './settled-tokens.js';
import { type TokenizerFiles, tokenizerOf } from './tokenizer-files.js';

/** The parts of a model source that tokenizing needs; all can be sent to a thread. */
export interface SubwordRules extends Pick<ModelSource, 'folder' | 'maxTokens' | 'specialTokens'> {
  files: TokenizerFiles;
}

/** Tokens of several sequences, without special ones. */
export interface Tokenized {
  tokens: Int32Array[];
  /** Indexes of the sequences that had more tokens than the model takes. */
  truncated: number[];
}

/** First guess of the residues per token, to choose how much text to encode. */
const RESIDUES_A_TOKEN = 8;

/** Tokenizes sequences with the tokenizers library. */
export class Subwords {
  readonly #tokenizer: Tokenizer;
  readonly #longest: number;
  readonly #merges: PlainMerges | undefined;

  /** @throws ModelError `model_bad_json` if the library refuses the tokenizer's files. */
  constructor({ files, folder, maxTokens, specialTokens }: SubwordRules) {
    this.#tokenizer = tokenizerOf(files, folder);
    this.#longest = maxTokens === undefined ? Number.POSITIVE_INFINITY : maxTokens - specialTokens;
    this.#merges = maxTokens === undefined ? undefined : plainMerges(files);
  }

  /** The tokens of each sequence, at most as many as the model takes. */
  encode(sequences: readonly Uint8Array[]): Tokenized {
    const truncated: number[] = [];
    const tokens = sequences.map((residues, at) => {
      const ids = this.#head(residues) ?? this.#encode(textOf(residues)).ids;
      if (ids.length <= this.#longest) return Int32Array.from(ids);
      truncated.push(at);
      return Int32Array.from(ids.slice(0, this.#longest));
    });
    return { tokens, truncated };
  }

  /** From the start of a long sequence: more tokens than the model takes, if the rest cannot change them. */
  #head(residues: Uint8Array): number[] | undefined {
    if (this.#merges === undefined) return undefined;
    const names = (text: string) => this.#encode(text).tokens;
    const least = this.#longest + 1;
    const { longest } = this.#merges;
    // Residues that the check itself encodes; past the text's end it costs more than it saves.
    const cost = 4 * longest * longest;
    for (let read = least * RESIDUES_A_TOKEN; read + cost < residues.byteLength; read *= 2) {
      const text = textOf(residues.subarray(0, read));
      const { ids, tokens } = this.#encode(text);
      const settled = settledTokens(names, this.#merges, { text, tokens, least });
      if (settled >= least) return ids.slice(0, settled);
    }
    return undefined;
  }

  #encode(text: string): { ids: number[]; tokens: string[] } {
    return this.#tokenizer.encode(text, { add_special_tokens: false });
  }
}

const textOf = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
