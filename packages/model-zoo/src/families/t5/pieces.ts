import { join } from 'node:path';
import { type LetterTokens, readAs } from '../../letters.js';
import { fields } from '../../onnx/protobuf-reader.js';
import { UnsupportedModelError } from '../../unsupported-model-error.js';
import { readSmallFile } from '../../weights/small-file.js';
import { WeightsError } from '../../weights/weights-error.js';
import { readTokenizerSettings } from '../tokenizer-files.js';

const PIECES = 'spiece.model';
/** SentencePiece's mark for the beginning of a word; ProtT5 reads each residue as one. */
const WORD = '▁';
const RULES = {
  classes: ['T5Tokenizer', 'T5TokenizerFast'],
  tokens: { unk_token: '<unk>', pad_token: '<pad>', eos_token: '</s>' },
  fixed: ['unk_token'],
};

/**
 * The tokens of ProtT5: residues, then `</s>`. They are the pieces of `spiece.model`, in order (SentencePiece's
 * ModelProto, field 1; of a piece, field 1 is its text). Its authors read U, Z, O and B as X
 * (https://github.com/agemagician/ProtTrans).
 *
 * @throws UnsupportedModelError for pieces of several residues, and settings that make other tokens; WeightsError for a damaged file.
 */
export function t5Tokens(folder: string): LetterTokens {
  const path = join(folder, PIECES);
  const pieces = piecesOf(path);
  const all = new Map([...pieces.entries()].map(([id, name]) => [name, id]));
  const { tokens, longest } = readTokenizerSettings(folder, { ...RULES, ids: all });
  const special = (key: keyof typeof RULES.tokens) => {
    const id = all.get(tokens[key]!);
    if (id === undefined) throw new WeightsError('weights_missing', path, `has no piece ${tokens[key]}`);
    return id;
  };
  const words = [...pieces.entries()].filter(([, piece]) => !/^<.+>$/.test(piece));
  const other = words.find(([, piece]) => piece.replace(WORD, '').length !== 1);
  if (other !== undefined)
    throw new UnsupportedModelError(
      path,
      `has pieces of several letters, such as ${other[1]}; of T5 models, only those with one piece for each residue can be read, such as ProtT5`,
    );
  const ids = new Map(
    words.filter(([, piece]) => piece.startsWith(WORD)).map(([id, piece]) => [piece.slice(1), id]),
  );
  return {
    alphabet: 'protein',
    ids: readAs(ids, 'UZOB', 'X'),
    other: special('unk_token'),
    fused: false,
    padding: special('pad_token'),
    prefix: [],
    suffix: [special('eos_token')],
    longest,
  };
}

function piecesOf(path: string): string[] {
  const bytes = readSmallFile(path);
  try {
    return [...fields(bytes)]
      .filter(({ number }) => number === 1)
      .map(({ bytes: piece }) => {
        const text = [...fields(piece)].find(({ number }) => number === 1);
        return Buffer.from(text?.bytes ?? []).toString('utf8');
      });
  } catch (error) {
    const what = `is not a SentencePiece model, or is damaged (${(error as Error).message})`;
    throw new WeightsError('weights_format', path, what, { cause: error });
  }
}
