import type { Tokenizer } from '@huggingface/tokenizers';

/** Fields of a tokenizer's model, of every type; other kinds of value are the library's to refuse. */
interface Fields {
  type?: string | null | undefined;
  vocab?: unknown;
  merges?: unknown;
  unk_token?: string | null | undefined;
  unk_id?: number | null;
  byte_fallback?: boolean | null;
  continuing_subword_prefix?: string | null;
  end_of_word_suffix?: string | null;
}

interface Files {
  definition: { model: Fields };
  config: { unk_token?: string | null | undefined };
}

/**
 * A tokenizer's files with the type of its model, which older files leave out, and for WordLevel its own unknown token.
 * The JavaScript library takes every file that it cannot place for words, and their unknown token from
 * `tokenizer_config.json` alone.
 */
export function placed<T extends Files>({ definition, config }: T): Pick<T, keyof Files> {
  const { model } = definition;
  const type = model.type ?? typeOf(model);
  return {
    definition: { ...definition, model: { ...model, type } },
    config:
      type === 'WordLevel' && model.unk_token != null ? { ...config, unk_token: model.unk_token } : config,
  };
}

function typeOf(model: Fields): string {
  if (Array.isArray(model.vocab)) return 'Unigram';
  if (model.merges !== undefined) return 'BPE';
  return model.continuing_subword_prefix == null ? 'WordLevel' : 'WordPiece';
}

/**
 * Makes the library's model read unknown letters as Python's `tokenizers` does: neighbours become one unknown token
 * within a word only, and byte-pair encoding without an unknown token drops a letter before it merges.
 */
export function asPython({ model }: Tokenizer, fields: Fields): void {
  if (model === null) return;
  const { tokens_to_ids: ids } = model;
  const whole = model._call.bind(model);
  const hasBytes = (letter: string) => [...Buffer.from(letter)].every((byte) => ids.has(byteToken(byte)));
  const isKept = (letter: string) => ids.has(letter) || (fields.byte_fallback === true && hasBytes(letter));
  const known = (word: string) => (ids.has(word) ? word : [...word].filter(isKept).join(''));
  if (model.fuse_unk && model.unk_token_id !== undefined)
    model._call = (words: string[]) => words.flatMap((word) => whole([word]));
  else if (dropsLetters(fields)) model._call = (words: string[]) => whole(words.map(known));
}

/** Whether it is byte-pair encoding of plain letters without an unknown token. */
const dropsLetters = (fields: Fields): boolean =>
  fields.type === 'BPE' &&
  fields.unk_token == null &&
  !fields.continuing_subword_prefix &&
  !fields.end_of_word_suffix;

const byteToken = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** What a sequence may consist of. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ*-.';

/**
 * What would give some letter a wrong token in silence, with a remedy, or null. Python's `tokenizers` stops at a letter
 * that the vocabulary lacks if it lacks the unknown token too.
 */
export function wrongLetters(
  tokenizer: Tokenizer,
  { type, unk_token, unk_id, byte_fallback, continuing_subword_prefix: prefix }: Fields,
): [what: string, remedy: string] | null {
  if (type === 'WordPiece' && prefix == null)
    return ['is a WordPiece without continuing_subword_prefix', 'add it to "model"; most have "##"'];
  const vocabulary = tokenizer.get_vocab();
  const [key, value] = type === 'Unigram' ? ['unk_id', unk_id] : ['unk_token', unk_token];
  for (const letter of LETTERS) {
    const ids: unknown[] = tokenizer.encode(letter.repeat(3), { add_special_tokens: false }).ids;
    if (ids.some((id) => typeof id !== 'number' || tokenizer.id_to_token(id) === undefined)) {
      const unknown = `and its ${key} ${value == null ? 'is missing' : `(${value}) is not in its vocabulary`}`;
      return [
        `has no token for ${letter}, ${unknown}`,
        `name a token of its vocabulary as ${key} in "model"`,
      ];
    }
    const byte = byteToken(letter.charCodeAt(0));
    if (type === 'Unigram' && byte_fallback && ids.includes(unk_id) && vocabulary.has(byte))
      return [
        `is a Unigram with byte_fallback, which would read ${letter} as ${byte}`,
        'use a model without byte_fallback',
      ];
  }
  return null;
}
