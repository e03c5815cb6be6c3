import { join } from 'node:path';
import { checkAddedTokens } from '@holdfast/model-zoo';
import type { Tokenizer } from '@huggingface/tokenizers';
import { modelError } from '../model/published-error.js';
import { type ModelRecipe, tokenTable } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import type { Alphabet } from './alphabet.js';
import { placed } from './library-model.js';
import {
  readTokenizerFiles,
  settingsOf,
  TOKENIZER,
  TOKENIZER_CONFIG,
  type TokenizerFiles,
  tokenizerOf,
  vocabularyOf,
} from './tokenizer-files.js';
import { alphabetOf } from './vocabulary.js';

export const RESIDUE = /^[\x21-\x7e]$/;
export const SPECIAL = /^<.+>$|^\[.+\]$/;

/** How an exported folder makes tokens. */
export interface ExportTokens {
  /** The file that defines the tokens. */
  path: string;
  ids: ReadonlyMap<string, number>;
  rules: Pick<ModelRecipe, 'table' | 'fused' | 'pieces' | 'padding' | 'prefix' | 'suffix' | 'tokenizer'>;
  /** The tokenizer's own limit of tokens, special ones included. */
  longest: number;
  /** @throws ModelError `model_unsupported` if the vocabulary does not show it. */
  alphabet(): Alphabet;
}

/**
 * Tokens by `tokenizer.json`. If each token is one residue, a table looks them up; else the tokenizers
 * library makes them.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` if it does not know plain
 * residues, or would read some letter as no token.
 */
export async function readTokenizerTokens(folder: string, alphabet?: Alphabet): Promise<ExportTokens> {
  const path = join(folder, TOKENIZER);
  const files = await readTokenizerFiles(folder);
  const tokenizer = tokenizerOf(files, folder);
  const ids = vocabularyOf(tokenizer);
  const special = new Set(
    files.definition.added_tokens.filter((token) => token.special).map(({ content }) => content),
  );
  const content = [...ids.keys()].filter((token) => !special.has(token) && !SPECIAL.test(token));
  const found = alphabet ?? alphabetOf(content);
  const unknown = ids.get(files.definition.model.unk_token ?? files.config.unk_token ?? '');
  const single = content.every((token) => RESIDUE.test(token));
  const table =
    single && unknown !== undefined && !fuses(files) ? residueTable(tokenizer, unknown) : undefined;
  await checkAdded(folder, files, ids, (token) => table === undefined && !SPECIAL.test(token));
  const around = specialTokens(tokenizer, path, { alphabet: found, unknown, single: table !== undefined });
  return {
    path,
    ids,
    rules: {
      table: table ?? [],
      padding: paddingOf(files, ids, path),
      ...around,
      ...(table === undefined ? { tokenizer: files } : {}),
    },
    longest: files.config.model_max_length ?? Number.POSITIVE_INFINITY,
    alphabet: () => clearAlphabet(path, found),
  };
}

/** @param joins whether other tokens may hold a token. @throws ModelError `model_unsupported`. */
async function checkAdded(
  folder: string,
  { definition, config }: TokenizerFiles,
  ids: ReadonlyMap<string, number>,
  joins: (token: string) => boolean,
): Promise<void> {
  const added = new Set(definition.added_tokens.map(({ content }) => content));
  const isCut = (token: string) => !added.has(token) && joins(token);
  const files = await settingsOf(folder, config);
  try {
    checkAddedTokens(join(folder, TOKENIZER_CONFIG), files, { ids, isCut });
  } catch (error) {
    throw modelError(error);
  }
}

/** @throws ModelError `model_unsupported` if it was not found. */
export function clearAlphabet(path: string, found: Alphabet | undefined): Alphabet {
  if (found !== undefined) return found;
  const what = 'does not show whether its tokens are nucleotides or amino acids';
  const remedy = 'add a holdfast.json beside it: { "format": 1, "alphabet": "dna" } or "protein"';
  throw new ModelError('model_unsupported', path, what, remedy);
}

const bare = (tokenizer: Tokenizer, text: string): number[] =>
  tokenizer.encode(text, { add_special_tokens: false }).ids;

/** Whether adjacent unknown letters of a word make one token. */
function fuses(files: TokenizerFiles): boolean {
  const { type, fuse_unk } = placed(files).definition.model;
  return type === 'Unigram' || fuse_unk === true;
}

/** Asks the library about each residue, to include its normalization. */
function residueTable(tokenizer: Tokenizer, unknown: number): number[] {
  const ids = new Map<string, number>();
  for (let code = 0x21; code < 0x7f; code++) {
    const residue = String.fromCharCode(code);
    const tokens = bare(tokenizer, residue);
    if (tokens.length === 1) ids.set(residue, tokens[0]!);
  }
  return tokenTable(ids, unknown);
}

/** Tokenizes a sample to see what the library puts before and after a sequence. */
function specialTokens(
  tokenizer: Tokenizer,
  path: string,
  {
    alphabet,
    unknown,
    single,
  }: { alphabet: Alphabet | undefined; unknown: number | undefined; single: boolean },
): Pick<ModelRecipe, 'prefix' | 'suffix'> {
  const sample = (alphabet === 'protein' ? 'MKTAYIAKQRLGW' : 'ACGTTGCAAGCT').slice(0, single ? 1 : undefined);
  const inner = bare(tokenizer, sample);
  if (inner.every((id) => id === unknown)) {
    const what = `knows no residue of ${sample}`;
    throw new ModelError('model_unsupported', path, what, 'use a model whose tokenizer takes plain residues');
  }
  const whole: number[] = tokenizer.encode(sample).ids;
  const before = whole.findIndex((_, start) => inner.every((id, i) => whole[start + i] === id));
  if (before < 0) {
    const what = `makes different tokens of ${sample} with special tokens than without`;
    throw new ModelError('model_unsupported', path, what, 'save it again with the tokenizers library');
  }
  return { prefix: whole.slice(0, before), suffix: whole.slice(before + inner.length) };
}

function paddingOf(files: TokenizerFiles, ids: ReadonlyMap<string, number>, path: string): number {
  const names = [files.config.pad_token, '[PAD]', '<pad>'];
  const byName = names.flatMap((name) => ids.get(name ?? '') ?? [])[0];
  const padding = byName ?? files.definition.padding?.pad_id;
  if (padding !== undefined) return padding;
  const remedy = 'name it as pad_token in tokenizer_config.json';
  throw new ModelError('model_bad_json', path, 'has no padding token', remedy);
}
