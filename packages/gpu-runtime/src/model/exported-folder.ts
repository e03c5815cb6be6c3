import { basename, join } from 'node:path';
import { z } from 'zod';
import { chooseOutput, lastLength, meantOutput, rowFacts } from '../graph/graph-output.js';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import { type ExportTokens, readEsmTokens, readTokenizerTokens } from '../tokens/export-tokens.js';
import { checkVocabularySize } from '../tokens/vocabulary.js';
import type { Description } from './description.js';
import { DESCRIPTOR, type ExportChanges } from './descriptor.js';
import { readModelJson } from './model-files.js';
import type { ModelRecipe } from './recipe.js';

/** The configuration's file name in a folder exported from Hugging Face. */
export const CONFIG = 'config.json';

const configuration = z.looseObject({
  model_type: z.string(),
  hidden_size: z.int().positive().nullish(),
  vocab_size: z.int().positive().nullish(),
  max_position_embeddings: z.int().min(5).nullish(),
  // Present in models with ALiBi, which biases attention by distance: they take any length.
  alibi_starting_size: z.int().positive().nullish(),
});
type Configuration = z.infer<typeof configuration>;

/** Models whose positions start just past the padding token's ID. */
const NUMBERED_PAST_PADDING = new Set(['esm', 'roberta', 'xlm-roberta', 'camembert']);

/** In a tokenizer's configuration, a length above this means "no limit". */
const NO_LIMIT = 1e9;

/**
 * Reads an encoder exported from Hugging Face: `config.json`, and ESM's `vocab.txt` or else `tokenizer.json`
 * with `tokenizer_config.json`. Inputs and outputs are read from the graph.
 *
 * @param changes settings from a `holdfast.json` without tokens.
 * @param wanted the caller's choice of output, which overrides everything else.
 * @throws ModelError `model_bad_json`, `model_file_missing`, `model_unsupported`, `model_mismatch`.
 */
export async function readExportedFolder(
  folder: string,
  {
    modelPath,
    graph,
    changes,
    wanted,
  }: { modelPath: string; graph: Graph; changes: ExportChanges; wanted: Partial<ModelRecipe['output']> },
): Promise<Description> {
  const config = await readModelJson(folder, CONFIG, configuration);
  const tokens =
    config.model_type === 'esm'
      ? await readEsmTokens(folder)
      : await readTokenizerTokens(folder, changes.alphabet);
  checkVocabularySize(tokens.path, tokens.ids.values(), config.vocab_size ?? undefined);
  const output = chooseOutput(modelPath, graph, { ...changes.output, ...wanted });
  const { table, fused, padding, prefix, suffix, tokenizer } = tokens.rules;
  const maxTokens = changes.maxTokens ?? longest(config, tokens);
  const special = prefix.length + suffix.length;
  if (maxTokens <= special) {
    const what = `its ${special} special tokens leave no room for residues: it takes ${maxTokens} tokens`;
    throw new ModelError('model_mismatch', modelPath, what, `raise maxTokens in ${DESCRIPTOR}`);
  }
  const meant = changes.output?.name ?? meantOutput(graph);
  const ownFacts = {
    dim: dimOf(modelPath, { graph, changes, config, output }),
    columns: changes.columns,
  };
  const { dim, columns } = rowFacts(graph, { meant, taken: output.name }, ownFacts);
  if (columns !== undefined && columns.length !== dim) {
    const what = `names ${columns.length} columns, but a row of '${output.name}' has ${dim} numbers`;
    throw new ModelError('model_bad_json', join(folder, DESCRIPTOR), what, 'name all of them, or none');
  }
  return {
    name: changes.name ?? basename(folder),
    alphabet: changes.alphabet ?? tokens.alphabet(),
    dim,
    maxResidues:
      changes.maxResidues ?? (tokenizer === undefined ? maxTokens - special : Number.POSITIVE_INFINITY),
    ...(tokenizer === undefined || maxTokens === Number.POSITIVE_INFINITY ? {} : { maxTokens }),
    ...(changes.batchTokens === undefined ? {} : { batchTokens: changes.batchTokens }),
    ...(columns === undefined ? {} : { columns }),
    zeroRowMeaning: changes.zeroRowMeaning ?? 'the record has no residues',
    recipe: {
      idType: idType(graph),
      table,
      ...(fused === undefined ? {} : { fused }),
      padding,
      prefix,
      suffix,
      minimumTokens: 1,
      inputs: changes.inputs ?? inputsOf(modelPath, graph),
      output,
      ...(tokenizer === undefined ? {} : { tokenizer }),
    },
  };
}

/** Number of tokens the model has positions for, special ones included. */
function longest(config: Configuration, { rules, longest: asked }: ExportTokens): number {
  const unused = NUMBERED_PAST_PADDING.has(config.model_type) ? rules.padding + 1 : 0;
  const { alibi_starting_size: alibi, max_position_embeddings: most } = config;
  const positions = alibi == null && most != null ? most - unused : Number.POSITIVE_INFINITY;
  return Math.min(positions, asked < NO_LIMIT ? asked : Number.POSITIVE_INFINITY);
}

function dimOf(
  modelPath: string,
  {
    graph,
    changes,
    config,
    output,
  }: { graph: Graph; changes: ExportChanges; config: Configuration; output: ModelRecipe['output'] },
): number {
  const given = lastLength(graph, output.name);
  // A row that the graph pools itself may be shorter than its hidden vectors.
  const dim =
    changes.dim ??
    (output.pooling === 'none' ? (given ?? config.hidden_size) : (config.hidden_size ?? given));
  if (dim != null) return dim;
  throw new ModelError(
    'model_mismatch',
    modelPath,
    `does not declare how many numbers a row of its output '${output.name}' has, nor does ${CONFIG}`,
    `set hidden_size in ${CONFIG}, or dim in ${DESCRIPTOR}`,
  );
}

const idType = (graph: Graph): ModelRecipe['idType'] =>
  graph.inputs.some(({ name, type }) => name === 'input_ids' && type === 'int32') ? 'int32' : 'int64';

function inputsOf(modelPath: string, { inputs }: Graph): ModelRecipe['inputs'] {
  const asked = new Set(inputs.map(({ name }) => name));
  if (asked.has('input_ids') && !asked.has('attention_mask')) {
    const what = 'has no input attention_mask, so padding would change its rows';
    throw new ModelError('model_mismatch', modelPath, what, 're-export it with attention_mask');
  }
  const types = asked.has('token_type_ids') ? { types: 'token_type_ids' } : {};
  return { ids: 'input_ids', mask: 'attention_mask', ...types };
}
