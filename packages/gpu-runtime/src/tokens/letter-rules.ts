import { checkOptions } from '@holdfast/options';
import type { Tokenizer } from '@huggingface/tokenizers';
import { letterFacts, type ModelSource } from '../model-source.js';
import { type TokenizerFiles, tokenizerOf } from './tokenizer-files.js';

/** How a model reads each letter, gap or stop of a sequence, as far as its vocabulary decides. */
export interface LetterRules {
  /** 256 entries: 1 for each byte that the model has a token for, else 0. Others are read as its unknown token, or not at all. */
  known: Uint8Array;
  /** A letter read as one that the vocabulary has: U for T if it has T and no U, or T for U the other way round. Nucleotides only. */
  readAs?: { from: 'T' | 'U'; to: 'T' | 'U' };
  /** Whether a final `*`, as gene finders write it, is dropped: the model reads proteins and has no token for it. */
  finalStop: boolean;
  /** Whether one unknown letter makes the whole word unknown: known letters beside it are lost too. */
  spreads: boolean;
  /** The longest stretch of letters that the tokenizer does not read as one unknown token; absent if there is no limit. */
  longestWord?: number;
}

/** Printable ASCII. */
const FIRST = 0x21;
const LAST = 0x7e;
/** The tokenizers library's default; WordPiece only. */
const LONGEST_WORD = 100;

/**
 * What a model's vocabulary knows. Pure, and independent of any sequence; builds the tokenizer if the model has one.
 *
 * A model that looks residues up in a table knows those whose token is not the one of every other byte. Of a tokenizer, a letter is
 * known if it has a token in every place: alone, within a word and at its end.
 *
 * @throws ModelError `model_bad_json` if the tokenizers library refuses the tokenizer's files; TypeError for anything but a model
 * source (`code` is `invalid_option`).
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

/** No residue is a NUL, so its token is that of every byte the vocabulary lacks. */
function ofTable(table: readonly number[]): Vocabulary {
  return { known: Uint8Array.from(table, (token) => (token === table[0] ? 0 : 1)), spreads: false };
}

function ofTokenizer(files: TokenizerFiles, folder: string): Vocabulary {
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
    // If the neighbour has no token within a word, no letter has one.
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

/** Tells an unknown token by its ID; one without an ID is unknown too. */
function unknownIn({ definition, config }: TokenizerFiles, tokenizer: Tokenizer) {
  const { unk_token, unk_id } = definition.model as Loose;
  const name = unk_token ?? config.unk_token;
  // Unigram names it by its place in the list.
  const unknown = unk_id ?? (name == null ? undefined : tokenizer.get_vocab().get(name));
  return (id: number | undefined): boolean => id === undefined || id === unknown;
}

/** Fields that the library reads, whatever the kind of tokenizer. */
interface Loose {
  type?: string | null;
  unk_token?: string | null;
  unk_id?: number | null;
  continuing_subword_prefix?: string | null;
  max_input_chars_per_word?: number | null;
}

/** For WordPiece: whether a letter has a token of its own within a word; a longer token could hide that it has none. */
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
