import { checkOptions } from '@holdfast/options';
import type { Tokenizer } from '@huggingface/tokenizers';
import { letterFacts, type ModelSource } from '../model-source.js';
import { placed } from './library-model.js';
import { type TokenizerFiles, tokenizerOf } from './tokenizer-files.js';

/** How a model reads each letter, gap or stop, as far as its vocabulary decides. */
export interface LetterRules {
  /**
   * 256 entries: 1 for each byte with a token, else 0. Other bytes are read as the unknown token or skipped.
   */
  known: Uint8Array;
  /** Nucleotides only: U is read as T if the vocabulary has T and no U, or T as U if it has U and no T. */
  readAs?: { from: 'T' | 'U'; to: 'T' | 'U' };
  /** Whether a final `*`, which gene finders write, is dropped: a protein model without a token for it. */
  finalStop: boolean;
  /** Whether one unknown letter makes its whole word unknown, known letters included. */
  spreads: boolean;
  /** Most letters in a row before the tokenizer reads them as one unknown token; absent for no limit. */
  longestWord?: number;
}

/** Printable ASCII. */
const FIRST = 0x21;
const LAST = 0x7e;
/** The tokenizers library's default; WordPiece only. */
const LONGEST_WORD = 100;

/**
 * Which letters a model's vocabulary knows. Pure, and independent of any sequence; builds the tokenizer if
 * the model has one.
 *
 * A model with a token table knows the residues whose token is not the one for every other byte. A tokenizer
 * knows a letter if it has a token everywhere: alone, within a word and at its end.
 *
 * @throws ModelError `model_bad_json` if the tokenizers library refuses the tokenizer's files; TypeError for
 * anything but a model source (`code` is `invalid_option`).
 */
export function letterRules(source: Pick<ModelSource, 'alphabet' | 'folder' | 'recipe'>): LetterRules {
  checkOptions('letterRules', source, letterFacts, 'source');
  const { alphabet, folder, recipe } = source;
  const vocabulary =
    recipe.tokenizer === undefined ? ofTable(recipe.table) : ofTokenizer(recipe.tokenizer, folder);
  const knows = (letter: string) => vocabulary.known[letter.charCodeAt(0)] === 1;
  return {
    ...vocabulary,
    ...(alphabet === 'dna' && knows('T') && !knows('U') && { readAs: { from: 'U', to: 'T' } as const }),
    ...(alphabet === 'dna' && knows('U') && !knows('T') && { readAs: { from: 'T', to: 'U' } as const }),
    finalStop: alphabet === 'protein' && !knows('*'),
  };
}

type Vocabulary = Pick<LetterRules, 'known' | 'spreads' | 'longestWord'>;

/** NUL is never a residue, so its token is the one for every byte that the vocabulary lacks. */
function ofTable(table: readonly number[]): Vocabulary {
  return { known: Uint8Array.from(table, (token) => (token === table[0] ? 0 : 1)), spreads: false };
}

function ofTokenizer(given: TokenizerFiles, folder: string): Vocabulary {
  const files = placed(given);
  const tokenizer = tokenizerOf(files, folder);
  const isUnknown = unknownIn(files, tokenizer);
  const ids = (text: string): (number | undefined)[] =>
    tokenizer.encode(text, { add_special_tokens: false }).ids;
  const isRead = (text: string) => {
    const found = ids(text);
    return found.length > 0 && !found.some(isUnknown);
  };
  const alone = letters().filter(isRead);
  const neighbour = ['A', 'C', ...alone].find((letter) => alone.includes(letter));
  const known = new Uint8Array(256);
  if (neighbour === undefined) return { known, spreads: false };
  const continues = continuation(files, tokenizer);
  for (const letter of alone) {
    // If the neighbour has no token within a word, no letter has.
    const everywhere = [letter + letter, neighbour + letter, neighbour + letter + neighbour].every(isRead);
    if (everywhere && continues(letter)) known[letter.charCodeAt(0)] = 1;
  }
  const word = neighbour.repeat(4);
  const spreads = letters().some(
    (letter) => !isRead(letter) && /[A-Z]/.test(letter) && ids(word + letter + word).every(isUnknown),
  );
  const longest = longestWord(files, (length) => isRead(neighbour.repeat(length)));
  return { known, spreads, ...(longest === undefined ? {} : { longestWord: longest }) };
}

const letters = (): string[] =>
  Array.from({ length: LAST - FIRST + 1 }, (_, i) => String.fromCharCode(FIRST + i));

/** Recognizes an unknown token by its ID; a token without an ID is unknown too. */
function unknownIn({ definition, config }: TokenizerFiles, tokenizer: Tokenizer) {
  const { unk_token, unk_id } = definition.model as Loose;
  const name = unk_token ?? config.unk_token;
  // Unigram gives its index in the list.
  const unknown = unk_id ?? (name == null ? undefined : tokenizer.get_vocab().get(name));
  return (id: number | undefined): boolean => id === undefined || id === unknown;
}

/** Fields that the library reads for every kind of tokenizer. */
interface Loose {
  type?: string | null;
  unk_token?: string | null;
  unk_id?: number | null;
  continuing_subword_prefix?: string | null;
  max_input_chars_per_word?: number | null;
}

/** For WordPiece: whether a letter has its own token within a word; a longer token could hide the lack. */
function continuation({ definition }: TokenizerFiles, tokenizer: Tokenizer): (letter: string) => boolean {
  const { type, continuing_subword_prefix: prefix } = definition.model as Loose;
  if (type !== 'WordPiece') return () => true;
  const ids = tokenizer.get_vocab();
  return (letter) => [letter, letter.toLowerCase()].some((each) => ids.has(`${prefix ?? '##'}${each}`));
}

function longestWord({ definition }: TokenizerFiles, reads: (length: number) => boolean): number | undefined {
  const { type, max_input_chars_per_word: most } = definition.model as Loose;
  const limit = most ?? LONGEST_WORD;
  return type === 'WordPiece' && reads(limit) && !reads(limit + 1) ? limit : undefined;
}
