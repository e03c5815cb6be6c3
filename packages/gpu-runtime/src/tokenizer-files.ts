import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { isFile } from './is-there.js';
import { ModelError } from './model-error.js';
import { readModelJson } from './model-files.js';

/** The tokenizer's file name in a folder exported from Hugging Face. */
export const TOKENIZER = 'tokenizer.json';
const TOKENIZER_CONFIG = 'tokenizer_config.json';

const named = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);
const definition = z.looseObject({
  model: z.looseObject({ fuse_unk: z.boolean().nullish(), unk_token: z.string().nullish() }),
  added_tokens: z.array(z.looseObject({ content: z.string(), special: z.boolean().nullish() })).default([]),
  padding: z.looseObject({ pad_id: z.int().nonnegative() }).nullish(),
});
const config = z.looseObject({
  pad_token: named.nullish(),
  unk_token: named.nullish(),
  model_max_length: z.number().positive().nullish(),
});

/** What a tokenizer is made of: the contents of `tokenizer.json` and `tokenizer_config.json`. */
export interface TokenizerFiles {
  definition: z.infer<typeof definition>;
  config: z.infer<typeof config>;
}

/** Reads them; `tokenizer_config.json` may be missing. @throws ModelError `model_file_missing`, `model_bad_json`. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerFiles> {
  return {
    definition: await readModelJson(folder, TOKENIZER, definition),
    config: (await isFile(join(folder, TOKENIZER_CONFIG)))
      ? await readModelJson(folder, TOKENIZER_CONFIG, config)
      : {},
  };
}

/** The library's tokenizer of these files. @throws ModelError `model_bad_json` if it refuses them. */
export function tokenizerOf(files: TokenizerFiles, folder: string): Tokenizer {
  try {
    return new Tokenizer(files.definition, files.config);
  } catch (cause) {
    const path = join(folder, TOKENIZER);
    const said = cause instanceof Error ? cause.message : String(cause);
    const what = `describes no tokenizer that is known (${said})`;
    throw new ModelError('model_bad_json', path, what, 'save it again with the tokenizers library', {
      cause,
    });
  }
}
