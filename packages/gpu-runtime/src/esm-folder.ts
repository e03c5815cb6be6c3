import { basename, join } from 'node:path';
import { z } from 'zod';
import { DEFAULT_BATCH_TOKENS, type Description } from './description.js';
import { ModelError } from './model-error.js';
import { readModelJson, readModelText } from './model-files.js';
import { tokenTable } from './recipe.js';

/** The configuration's file name in a folder exported from Hugging Face. */
export const CONFIG = 'config.json';
const VOCABULARY = 'vocab.txt';

const modelType = z.looseObject({ model_type: z.string() });
const esmConfig = z.looseObject({
  hidden_size: z.int().positive(),
  max_position_embeddings: z.int().min(5).optional(),
});

/** Positions that ESM never uses: they are numbered from the padding token's id, 1, upwards. */
const RESERVED_POSITIONS = 2;

/**
 * Reads a folder as Hugging Face exports ESM-2: `config.json` (`model_type` esm), and `vocab.txt`, a token a line, its id the line's
 * number from 0. A sequence is `<cls>` residues `<eos>`; its row is the mean over its residues.
 *
 * @throws ModelError `model_unsupported` for another model type, `model_bad_json`, `model_file_missing`.
 */
export async function readEsmFolder(folder: string): Promise<Description> {
  const { model_type } = await readModelJson(folder, CONFIG, modelType);
  if (model_type !== 'esm') {
    throw new ModelError(
      'model_unsupported',
      join(folder, CONFIG),
      `models of type '${model_type}' are not known`,
      "without a descriptor only 'esm' is supported; write a holdfast.json for this one",
    );
  }
  const config = await readModelJson(folder, CONFIG, esmConfig);
  const ids = vocabulary(await readModelText(folder, VOCABULARY));
  const special = (name: string): number => {
    const id = ids.get(name);
    if (id !== undefined) return id;
    throw new ModelError(
      'model_bad_json',
      join(folder, VOCABULARY),
      `has no token ${name}`,
      'take the vocab.txt that belongs to the model',
    );
  };
  const positions = config.max_position_embeddings;
  return {
    name: basename(folder),
    alphabet: 'protein',
    dim: config.hidden_size,
    // Two positions more go to <cls> and <eos>.
    maxResidues: positions === undefined ? Number.POSITIVE_INFINITY : positions - RESERVED_POSITIONS - 2,
    batchTokens: DEFAULT_BATCH_TOKENS,
    zeroRowMeaning: 'the record has no residues',
    recipe: {
      idType: 'int64',
      table: tokenTable(new Map([...ids].filter(([name]) => /^[\x21-\x7e]$/.test(name))), special('<unk>')),
      padding: special('<pad>'),
      prefix: [special('<cls>')],
      suffix: [special('<eos>')],
      minimumTokens: 1,
      inputs: { ids: 'input_ids', mask: 'attention_mask' },
      output: { name: 'last_hidden_state', pooling: 'mean' },
    },
  };
}

function vocabulary(text: string): Map<string, number> {
  return new Map(text.split(/\r?\n/).flatMap((name, id) => (name === '' ? [] : [[name, id] as const])));
}
