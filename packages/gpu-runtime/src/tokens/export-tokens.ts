import { basename, join } from 'node:path';
import type { Tokenizer } from '@huggingface/tokenizers';
import { isFile } from '../model/is-there.js';
import { readModelText } from '../model/model-files.js';
import { type ModelRecipe, tokenTable } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import type { Alphabet } from './alphabet.js';
import {
  readTokenizerConfig,
  readTokenizerFiles,
  TOKENIZER,
  type TokenizerFiles,
  tokenizerOf,
} from './tokenizer-files.js';
import { alphabetOf } from './vocabulary.js';

const VOCABULARY = 'vocab.txt';
const RESIDUE = /^[\x21-\x7e]$/;
const SPECIAL = /^<.+>$|^\[.+\]$/;

/** How an exported folder makes tokens. */
export interface ExportTokens {
  /** The file that defines the tokens. */
  path: string;
  ids: ReadonlyMap<string, number>;
  rules: Pick<ModelRecipe, 'table' | 'fused' | 'padding' | 'prefix' | 'suffix' | 'tokenizer'>;
  /** The tokenizer's own limit of tokens, special ones included. */
  longest: number;
  /** @throws ModelError `model_unsupported` if the vocabulary does not show it. */
  alphabet(): Alphabet;
}

/**
 * ESM's tokens: `<cls>` residues `<eos>`. IDs come from `vocab.txt`, one token a line numbered from 0, or
 * else from the vocabulary in `tokenizer.json`. Adjacent residues that it lacks make one `<unk>`.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` for tokens of several
 * residues, or if the tokenizer keeps the ends of long sequences.
 */
export async function readEsmTokens(folder: string): Promise<ExportTokens> {
  const path = join(folder, VOCABULARY);
  const there = await isFile(path);
  if (!there && (await isFile(join(folder, TOKENIZER)))) {
    const tokenizer = tokenizerOf(await readTokenizerFiles(folder), folder);
    return esmTokens(join(folder, TOKENIZER), vocabularyOf(tokenizer));
  }
  await readTokenizerConfig(folder);
  const lines = (await readModelText(folder, VOCABULARY)).split(/\r?\n/);
  const ids = new Map<string, number>();
  for (const [id, name] of lines.entries()) {
    if (name === '') continue;
    if (ids.has(name)) {
      const what = `has ${name} in line ${ids.get(name)! + 1} and again in line ${id + 1}`;
      throw new ModelError('model_bad_json', path, what, 'copy the vocab.txt that belongs to the model');
    }
    ids.set(name, id);
  }
  return esmTokens(path, ids);
}

function esmTokens(path: string, ids: ReadonlyMap<string, number>): ExportTokens {
  const special = (name: string): number => {
    const id = ids.get(name);
    if (id !== undefined) return id;
    const remedy = `copy the ${basename(path)} that belongs to the model`;
    throw new ModelError('model_bad_json', path, `has no token ${name}`, remedy);
  };
  const several = [...ids.keys()].find((name) => !RESIDUE.test(name) && !SPECIAL.test(name));
  if (several !== undefined) {
    const what = `has tokens of several residues, such as ${several}`;
    throw new ModelError('model_unsupported', path, what, 'use an ESM model with one token for each residue');
  }
  const residues = new Map([...ids].filter(([name]) => RESIDUE.test(name)));
  return {
    path,
    ids,
    rules: {
      table: tokenTable(residues, special('<unk>')),
      // Transformers' EsmTokenizer reads everything between two known tokens as one word.
      fused: special('<unk>'),
      padding: special('<pad>'),
      prefix: [special('<cls>')],
      suffix: [special('<eos>')],
    },
    longest: Number.POSITIVE_INFINITY,
    alphabet: () => 'protein',
  };
}

/**
 * Tokens by `tokenizer.json`. If each token is one residue, a table looks them up; else the tokenizers
 * library makes them.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` if it does not know plain
 * residues.
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
    single && unknown !== undefined && !files.definition.model.fuse_unk
      ? residueTable(tokenizer, unknown)
      : undefined;
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
    alphabet() {
      if (found !== undefined) return found;
      const what = 'does not show whether its tokens are nucleotides or amino acids';
      const remedy = 'add a holdfast.json beside it: { "format": 1, "alphabet": "dna" } or "protein"';
      throw new ModelError('model_unsupported', path, what, remedy);
    },
  };
}

const vocabularyOf = (tokenizer: Tokenizer): Map<string, number> =>
  new Map([...tokenizer.get_vocab()].filter(([token]) => typeof token === 'string'));

const bare = (tokenizer: Tokenizer, text: string): number[] =>
  tokenizer.encode(text, { add_special_tokens: false }).ids;

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
