import { basename, join } from 'node:path';
import { type TokenizerRules, tokenizerSettings } from '@holdfast/model-zoo';
import { isFile } from '../model/is-there.js';
import { readModelText } from '../model/model-files.js';
import { modelError } from '../model/published-error.js';
import { tokenTable } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import { clearAlphabet, type ExportTokens, RESIDUE, SPECIAL } from './export-tokens.js';
import {
  readTokenizerConfig,
  readTokenizerFiles,
  settingsOf,
  TOKENIZER,
  TOKENIZER_CONFIG,
  type TokenizerFiles,
  vocabularyIn,
} from './tokenizer-files.js';
import { alphabetOf } from './vocabulary.js';

const VOCABULARY = 'vocab.txt';
/** Transformers' tokenizers of this kind, with the names of their tokens. */
const RULES: Omit<TokenizerRules, 'ids'> = {
  classes: ['EsmTokenizer', 'EsmTokenizerFast', 'PreTrainedTokenizerFast', 'TokenizersBackend'],
  tokens: { cls_token: '<cls>', pad_token: '<pad>', eos_token: '<eos>', unk_token: '<unk>' },
  // Older versions ignore it; the Nucleotide Transformer's authors rely on it.
  optional: ['eos_token'],
};
const PIECE = /^[\x21-\x7e]{2,}$/;

/**
 * The tokens of Transformers' EsmTokenizer: `<cls>` residues `<eos>`. IDs come from `vocab.txt`, one token a line
 * numbered from 0, or else from the vocabulary in `tokenizer.json`. Adjacent residues that it lacks make one `<unk>`.
 * A `vocab.txt` may have tokens of several residues, as the Nucleotide Transformer's: the longest one comes first.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` for a `tokenizer.json` with tokens of
 * several residues, or if the tokenizer's settings make other tokens or keep the ends of long sequences.
 */
export async function readEsmTokens(folder: string): Promise<ExportTokens> {
  const path = join(folder, VOCABULARY);
  const there = await isFile(path);
  if (!there && (await isFile(join(folder, TOKENIZER)))) {
    const files = await readTokenizerFiles(folder);
    const tokenizer = join(folder, TOKENIZER);
    const ids = vocabularyIn(files, folder);
    const several = [...ids.keys()].find((name) => !RESIDUE.test(name) && !SPECIAL.test(name));
    if (several === undefined) return esmTokens(folder, tokenizer, ids, files.config);
    const what = `has tokens of several residues, such as ${several}`;
    throw new ModelError('model_unsupported', tokenizer, what, `copy the model's ${VOCABULARY} beside it`);
  }
  const config = await readTokenizerConfig(folder);
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
  return esmTokens(folder, path, ids, config);
}

async function esmTokens(
  folder: string,
  path: string,
  ids: ReadonlyMap<string, number>,
  config: TokenizerFiles['config'],
): Promise<ExportTokens> {
  const { tokens } = await namedTokens(folder, ids, config);
  const special = (key: keyof typeof RULES.tokens): number => {
    const id = ids.get(tokens[key]!);
    if (id !== undefined) return id;
    const remedy = `copy the ${basename(path)} that belongs to the model`;
    throw new ModelError('model_bad_json', path, `has no token ${tokens[key]}`, remedy);
  };
  const content = [...ids].filter(([name]) => !SPECIAL.test(name));
  const pieces = content.filter(([name]) => !RESIDUE.test(name));
  const other = pieces.find(([name]) => !PIECE.test(name))?.[0];
  if (other !== undefined) {
    const what = `has the token ${JSON.stringify(other)}, which no residues spell`;
    throw new ModelError('model_unsupported', path, what, 'use a model whose tokens are residues');
  }
  const residues = new Map(content.filter(([name]) => RESIDUE.test(name)));
  const joins = pieces.length > 0;
  return {
    path,
    ids,
    rules: {
      table: tokenTable(residues, special('unk_token')),
      // It reads everything between two known tokens as one word.
      fused: special('unk_token'),
      ...(joins ? { pieces } : {}),
      padding: special('pad_token'),
      prefix: [special('cls_token')],
      suffix: tokens['eos_token'] === null ? [] : [special('eos_token')],
    },
    longest: (joins ? config.model_max_length : null) ?? Number.POSITIVE_INFINITY,
    alphabet: () => (joins ? clearAlphabet(path, alphabetOf(content.map(([name]) => name))) : 'protein'),
  };
}

async function namedTokens(
  folder: string,
  ids: ReadonlyMap<string, number>,
  config: TokenizerFiles['config'],
): Promise<ReturnType<typeof tokenizerSettings>> {
  const files = await settingsOf(folder, config);
  try {
    return tokenizerSettings(join(folder, TOKENIZER_CONFIG), files, { ...RULES, ids });
  } catch (error) {
    throw modelError(error);
  }
}
