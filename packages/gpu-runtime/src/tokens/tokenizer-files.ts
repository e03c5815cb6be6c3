import { createRequire } from 'node:module';
import { join } from 'node:path';
import { KEEPS_ENDS, type tokenizerSettings } from '@holdfast/model-zoo';
import * as z from '@holdfast/schema';
import type * as Tokenizers from '@huggingface/tokenizers';
import { isFile } from '../model/is-there.js';
import { readModelJson } from '../model/model-files.js';
import { ModelError } from '../model-error.js';
import { asPython, placed, wrongLetters } from './library-model.js';

/** The tokenizer's file name in a folder exported from Hugging Face. */
export const TOKENIZER = 'tokenizer.json';
export const TOKENIZER_CONFIG = 'tokenizer_config.json';

const named = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);
const definition = z.looseObject({
  model: z.looseObject({
    type: z.string().nullish(),
    fuse_unk: z.boolean().nullish(),
    unk_token: z.string().nullish(),
  }),
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean().nullish() })).default([]),
  truncation: z.looseObject({ direction: z.string().nullish() }).nullish(),
  padding: z.looseObject({ pad_id: z.int().nonnegative() }).nullish(),
});
const config = z.looseObject({
  pad_token: named.nullish(),
  unk_token: named.nullish(),
  // Part of old fingerprints as it is written.
  eos_token: z.unknown().optional(),
  model_max_length: z.number().positive().nullish(),
  truncation_side: z.string().nullish(),
});

/** The files of a tokenizer: the contents of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  definition: z.infer<typeof definition>;
  config: z.infer<typeof config>;
}

/**
 * Reads a tokenizer's files; `tokenizer_config.json` may be missing.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` if they keep the ends of
 * long sequences.
 */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  const files = {
    definition: await readModelJson(folder, TOKENIZER, definition),
    config: await readTokenizerConfig(folder),
  };
  // As in Transformers, the configuration takes precedence.
  const side = files.config.truncation_side ?? files.definition.truncation?.direction;
  refuseEnds(join(folder, TOKENIZER), side);
  return files;
}

/**
 * Reads `tokenizer_config.json` if it exists.
 *
 * @throws ModelError `model_file_missing`, `model_bad_json`; `model_unsupported` if it keeps the ends of long
 * sequences.
 */
export async function readTokenizerConfig(folder: string): Promise<TokenizerFiles['config']> {
  const path = join(folder, TOKENIZER_CONFIG);
  if (!(await isFile(path))) return {};
  const found = await readModelJson(folder, TOKENIZER_CONFIG, config);
  refuseEnds(path, found.truncation_side);
  return found;
}

/** The settings of a tokenizer in all its files, as Transformers keeps them; `config` is that of `readTokenizerConfig`. */
export async function settingsOf(
  folder: string,
  config: TokenizerFiles['config'],
): Promise<Parameters<typeof tokenizerSettings>[1]> {
  const read = async (name: string) =>
    (await isFile(join(folder, name))) ? readModelJson(folder, name, z.looseObject({})) : {};
  return { config, special: await read('special_tokens_map.json'), added: await read('added_tokens.json') };
}

function refuseEnds(path: string, side: string | null | undefined): void {
  if (side?.toLowerCase() !== 'left') return;
  throw new ModelError('model_unsupported', path, ...KEEPS_ENDS);
}

/** The model types of the tokenizers library. It silently treats an unknown type as one of these. */
const TYPES: readonly string[] = ['BPE', 'Unigram', 'WordPiece', 'WordLevel'];

/**
 * The library's tokenizer of these files, which makes the tokens that Python's `tokenizers` makes.
 *
 * @throws ModelError `model_bad_json` if the library refuses them; `model_unsupported` if some letter would get no token
 * of the vocabulary, or another than in Python.
 */
export function tokenizerOf(files: TokenizerFiles, folder: string): Tokenizers.Tokenizer {
  return opened(files, folder, wrongLetters);
}

/** The vocabulary by itself, for other rules of making tokens. @throws ModelError `model_bad_json`. */
export function vocabularyIn(files: TokenizerFiles, folder: string): Map<string, number> {
  return vocabularyOf(opened(files, folder, () => null));
}

/** The tokens of a tokenizer with their IDs. */
export const vocabularyOf = (tokenizer: Tokenizers.Tokenizer): Map<string, number> =>
  new Map([...tokenizer.get_vocab()].filter(([token]) => typeof token === 'string'));

function opened(files: TokenizerFiles, folder: string, check: typeof wrongLetters): Tokenizers.Tokenizer {
  const path = join(folder, TOKENIZER);
  const { type } = files.definition.model;
  const unknown = (errorText: string, options?: ErrorOptions) => {
    const what = `describes no known tokenizer (${errorText})`;
    const remedy = 'save it again with the tokenizers library';
    return new ModelError('model_bad_json', path, what, remedy, options);
  };
  // Older files have no type.
  if (type != null && !TYPES.includes(type)) throw unknown(`model of type '${type}'`);
  // Loaded on first use: most models have none.
  const { Tokenizer } = createRequire(import.meta.url)('@huggingface/tokenizers') as typeof Tokenizers;
  const { definition, config } = placed(files);
  let tokenizer: Tokenizers.Tokenizer;
  let wrong: ReturnType<typeof check>;
  try {
    tokenizer = new Tokenizer(definition, config);
    asPython(tokenizer, definition.model);
    // The library looks at parts of the files only when it uses them.
    tokenizer.encode('ACGT');
    wrong = check(tokenizer, definition.model);
  } catch (cause) {
    throw unknown(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (wrong === null) return tokenizer;
  throw new ModelError('model_unsupported', path, ...wrong);
}
