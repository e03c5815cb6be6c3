import { basename, join } from 'node:path';
import { isFile } from '../model/is-there.js';
import { readModelText } from '../model/model-files.js';
import { tokenTable } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import { clearAlphabet, type ExportTokens, RESIDUE, SPECIAL } from './export-tokens.js';
import {
  readTokenizerConfig,
  readTokenizerFiles,
  TOKENIZER,
  type TokenizerFiles,
  vocabularyIn,
} from './tokenizer-files.js';
import { alphabetOf } from './vocabulary.js';

const VOCABULARY = 'vocab.txt';
const PIECE = /^[\x21-\x7e]{2,}$/;

/**
 * The tokens of Transformers' EsmTokenizer: `<cls>` residues `<eos>`. IDs come from `vocab.txt`, one token a line
 * numbered from 0, or else from the vocabulary in `tokenizer.json`. Adjacent residues that it lacks make one `<unk>`.
 * A `vocab.txt` may have tokens of several residues, as the Nucleotide Transformer's: the longest one comes first.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` for a `tokenizer.json` with tokens of
 * several residues, or if the tokenizer keeps the ends of long sequences.
 */
export async function readEsmTokens(folder: string): Promise<ExportTokens> {
  const path = join(folder, VOCABULARY);
  const there = await isFile(path);
  if (!there && (await isFile(join(folder, TOKENIZER)))) {
    const files = await readTokenizerFiles(folder);
    const tokenizer = join(folder, TOKENIZER);
    const ids = vocabularyIn(files, folder);
    const several = [...ids.keys()].find((name) => !RESIDUE.test(name) && !SPECIAL.test(name));
    if (several === undefined) return esmTokens(tokenizer, ids, files.config);
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
  return esmTokens(path, ids, config);
}

function esmTokens(
  path: string,
  ids: ReadonlyMap<string, number>,
  { eos_token, model_max_length }: TokenizerFiles['config'],
): ExportTokens {
  const special = (name: string): number => {
    const id = ids.get(name);
    if (id !== undefined) return id;
    const remedy = `copy the ${basename(path)} that belongs to the model`;
    throw new ModelError('model_bad_json', path, `has no token ${name}`, remedy);
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
      table: tokenTable(residues, special('<unk>')),
      // It reads everything between two known tokens as one word.
      fused: special('<unk>'),
      ...(joins ? { pieces } : {}),
      padding: special('<pad>'),
      prefix: [special('<cls>')],
      // Older versions ignore the setting; the Nucleotide Transformer's authors rely on it.
      suffix: joins && eos_token === null ? [] : [special('<eos>')],
    },
    longest: (joins ? model_max_length : null) ?? Number.POSITIVE_INFINITY,
    alphabet: () => (joins ? clearAlphabet(path, alphabetOf(content.map(([name]) => name))) : 'protein'),
  };
}
