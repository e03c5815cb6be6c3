import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LetterTokens, readAs } from '../../letters.js';
import { UnsupportedModelError } from '../../unsupported-model-error.js';
import { readSmallFile } from '../../weights/small-file.js';
import { WeightsError } from '../../weights/weights-error.js';

const SPECIAL = /^\[.+\]$|^<.+>$/;
const VOCABULARY = 'vocab.txt';

/**
 * The tokens of a BERT of residues, such as ProtBERT, from its `vocab.txt`: `[CLS]` residues `[SEP]`. Its authors
 * read U, Z, O and B as X (https://huggingface.co/Rostlab/prot_bert).
 *
 * @returns null if a `tokenizer.json` must make the tokens.
 * @throws UnsupportedModelError for tokens of several residues; WeightsError for a vocabulary that lacks a special token.
 */
export function bertTokens(folder: string): LetterTokens | null {
  const path = join(folder, VOCABULARY);
  const hasTokenizer = existsSync(join(folder, 'tokenizer.json'));
  if (hasTokenizer && !existsSync(path)) return null;
  const names = readSmallFile(path).toString('utf8').split(/\r?\n/);
  while (names.at(-1) === '') names.pop();
  const special = (name: string) => {
    const id = names.indexOf(name);
    if (id < 0) throw new WeightsError('weights_missing', path, `has no token ${name}`);
    return id;
  };
  const residues = [...names.entries()].filter(([, name]) => !SPECIAL.test(name));
  const several = residues.find(([, name]) => name.length !== 1);
  if (several !== undefined && hasTokenizer) return null;
  if (several !== undefined)
    throw new UnsupportedModelError(
      path,
      `has tokens of several letters, such as ${several[1]}; of BERT models, only those with one token for each residue can be read, such as ProtBERT`,
    );
  const ids = new Map(residues.map(([id, name]) => [name, id]));
  const isProtein = ids.has('W') && ids.has('K');
  return {
    alphabet: isProtein ? 'protein' : 'dna',
    ids: isProtein ? readAs(ids, 'UZOB', 'X') : ids,
    other: special('[UNK]'),
    fused: false,
    padding: special('[PAD]'),
    prefix: [special('[CLS]')],
    suffix: [special('[SEP]')],
  };
}
