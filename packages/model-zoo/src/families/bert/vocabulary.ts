import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LetterTokens, readAs } from '../../letters.js';
import { UnsupportedModelError } from '../../unsupported-model-error.js';
import { readSmallFile } from '../../weights/small-file.js';
import { WeightsError } from '../../weights/weights-error.js';
import { readTokenizerSettings } from '../tokenizer-files.js';

const SPECIAL = /^\[.+\]$|^<.+>$/;
const VOCABULARY = 'vocab.txt';
/** Transformers' tokenizers of this kind, with the names of their tokens. */
const RULES = {
  classes: ['BertTokenizer', 'BertTokenizerFast', 'DistilBertTokenizer', 'DistilBertTokenizerFast'],
  tokens: { unk_token: '[UNK]', pad_token: '[PAD]', cls_token: '[CLS]', sep_token: '[SEP]' },
};

/**
 * The tokens of a BERT of residues, such as ProtBERT, from its `vocab.txt`: `[CLS]` residues `[SEP]`. Its authors
 * read U, Z, O and B as X (https://huggingface.co/Rostlab/prot_bert).
 *
 * @returns null if a `tokenizer.json` must make the tokens.
 * @throws UnsupportedModelError for tokens of several residues, and settings that make other tokens; WeightsError for a vocabulary that lacks a special token.
 */
export function bertTokens(folder: string): LetterTokens | null {
  const path = join(folder, VOCABULARY);
  const hasTokenizer = existsSync(join(folder, 'tokenizer.json'));
  if (hasTokenizer && !existsSync(path)) return null;
  const names = readSmallFile(path).toString('utf8').split(/\r?\n/);
  while (names.at(-1) === '') names.pop();
  const residues = [...names.entries()].filter(([, name]) => !SPECIAL.test(name));
  const several = residues.find(([, name]) => name.length !== 1);
  if (several !== undefined && hasTokenizer) return null;
  if (several !== undefined)
    throw new UnsupportedModelError(
      path,
      `has tokens of several letters, such as ${several[1]}; of BERT models, only those with one token for each residue can be read, such as ProtBERT`,
    );
  // Of a token that is there twice, Transformers takes the last.
  const all = new Map([...names.entries()].map(([id, name]) => [name, id]));
  const { tokens, lowerCase, longest } = readTokenizerSettings(folder, { ...RULES, ids: all });
  const special = (key: keyof typeof RULES.tokens) => {
    const id = all.get(tokens[key]!);
    if (id === undefined) throw new WeightsError('weights_missing', path, `has no token ${tokens[key]}`);
    return id;
  };
  const ids = cased(folder, new Map(residues.map(([id, name]) => [name, id])), lowerCase);
  const isProtein = ids.has('W') && ids.has('K');
  return {
    alphabet: isProtein ? 'protein' : 'dna',
    ids: isProtein ? readAs(ids, 'UZOB', 'X') : ids,
    other: special('unk_token'),
    fused: false,
    padding: special('pad_token'),
    prefix: [special('cls_token')],
    suffix: [special('sep_token')],
    longest,
  };
}

/**
 * The residues' IDs as the tokenizer's case makes them: sequences are in upper case. Transformers reads them in lower case unless
 * it is told not to, which authors of capitals do in their code (https://huggingface.co/Rostlab/prot_bert) if not in the file.
 */
function cased(
  folder: string,
  ids: Map<string, number>,
  lowerCase: boolean | undefined,
): Map<string, number> {
  const lowered = new Map(
    [...ids].filter(([name]) => name === name.toLowerCase()).map(([name, id]) => [name.toUpperCase(), id]),
  );
  const hasLetters = [...lowered.keys()].some((name) => /[A-Z]/.test(name));
  if (lowerCase === false || (lowerCase === undefined && !hasLetters)) return ids;
  if (hasLetters) return lowered;
  throw new UnsupportedModelError(
    join(folder, 'tokenizer_config.json'),
    `do_lower_case is true, but the letters of ${VOCABULARY} are capitals, so each residue would be the unknown token`,
    'set do_lower_case to false, as the authors of ProtBERT do',
  );
}
