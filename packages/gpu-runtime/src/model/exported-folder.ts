import { join } from 'node:path';
import * as z from '@holdfast/schema';
import { chooseOutput, lastLength, meantOutput, rowFacts } from '../graph/graph-output.js';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import { readEsmTokens } from '../tokens/esm-tokens.js';
import { type ExportTokens, readTokenizerTokens } from '../tokens/export-tokens.js';
import { checkVocabularySize } from '../tokens/vocabulary.js';
import type { Description } from './description.js';
import { DESCRIPTOR, type ExportChanges } from './descriptor.js';
import { readModelJson } from './model-files.js';
import { modelName } from './model-name.js';
import { joinsResidues, type ModelRecipe, type Pooling } from './recipe.js';

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

/** What a folder's settings and the caller choose, and the graph that it is for. */
export interface Choices {
  modelPath: string;
  graph: Graph;
  /** Settings from a `holdfast.json` without tokens. */
  changes: ExportChanges;
  /** The caller's choice of output, which overrides everything else. */
  wanted: Partial<ModelRecipe['output']>;
}

/** Facts about an encoder that its graph does not declare. */
export interface EncoderFacts {
  name: string;
  tokens: ExportTokens;
  /** Most tokens that it takes, special ones included. */
  longest: number;
  /** Numbers of a token vector, if known. */
  hidden?: number | undefined;
  /** How its authors make rows. */
  pooling?: Pooling;
}

/**
 * Reads an encoder exported from Hugging Face: `config.json`, and ESM's `vocab.txt` or else `tokenizer.json`
 * with `tokenizer_config.json`. Inputs and outputs are read from the graph.
 *
 * @throws ModelError `model_bad_json`, `model_file_missing`, `model_unsupported`, `model_mismatch`.
 */
export async function readExportedFolder(folder: string, choices: Choices): Promise<Description> {
  const config = await readModelJson(folder, CONFIG, configuration);
  const tokens = await readFolderTokens(folder, config.model_type, choices.changes);
  checkVocabularySize(tokens.path, tokens.ids.values(), config.vocab_size ?? undefined);
  return describeEncoder(folder, choices, {
    name: modelName(folder),
    tokens,
    longest: longest(config, tokens),
    hidden: config.hidden_size ?? undefined,
  });
}

/** Tokens by ESM's `vocab.txt`, or else by `tokenizer.json`. */
export function readFolderTokens(
  folder: string,
  modelType: string,
  { alphabet }: ExportChanges,
): Promise<ExportTokens> {
  return modelType === 'esm' ? readEsmTokens(folder) : readTokenizerTokens(folder, alphabet);
}

/** Describes an encoder with one row of numbers for each token. @throws ModelError `model_bad_json`, `model_mismatch`. */
export function describeEncoder(
  folder: string,
  { modelPath, graph, changes, wanted }: Choices,
  { name, tokens, longest, hidden, pooling: usual }: EncoderFacts,
): Description {
  const pooling = usual === undefined ? {} : { pooling: usual };
  const output = chooseOutput(modelPath, graph, { ...pooling, ...changes.output, ...wanted });
  const { table, fused, pieces, padding, prefix, suffix, tokenizer } = tokens.rules;
  const joins = joinsResidues(tokens.rules);
  const maxTokens = changes.maxTokens ?? longest;
  const special = prefix.length + suffix.length;
  if (maxTokens <= special) {
    const what = `its ${special} special tokens leave no room for residues: it takes ${maxTokens} tokens`;
    throw new ModelError('model_mismatch', modelPath, what, `raise maxTokens in ${DESCRIPTOR}`);
  }
  const meant = changes.output?.name ?? meantOutput(graph);
  const ownFacts = {
    dim: dimOf(modelPath, { graph, changes, hidden, output }),
    columns: changes.columns,
  };
  const { dim, columns } = rowFacts(graph, { meant, taken: output.name }, ownFacts);
  if (columns !== undefined && columns.length !== dim) {
    const what = `names ${columns.length} columns, but a row of '${output.name}' has ${dim} numbers`;
    throw new ModelError('model_bad_json', join(folder, DESCRIPTOR), what, 'name all of them, or none');
  }
  const inputs = changes.inputs ?? inputsOf(graph);
  return {
    name: changes.name ?? name,
    alphabet: changes.alphabet ?? tokens.alphabet(),
    dim,
    maxResidues: changes.maxResidues ?? (joins ? Number.POSITIVE_INFINITY : maxTokens - special),
    ...(joins && maxTokens !== Number.POSITIVE_INFINITY ? { maxTokens } : {}),
    ...(changes.batchTokens === undefined ? {} : { batchTokens: changes.batchTokens }),
    ...(columns === undefined ? {} : { columns }),
    zeroRowMeaning: changes.zeroRowMeaning ?? 'the record has no residues',
    recipe: {
      idType: idType(graph, inputs.ids),
      table,
      ...(fused === undefined ? {} : { fused }),
      ...(pieces === undefined ? {} : { pieces }),
      padding,
      prefix,
      suffix,
      minimumTokens: 1,
      inputs,
      output,
      // Without a mask, padding would change the rows.
      ...(inputs.mask === undefined ? { singly: true as const } : {}),
      ...(tokenizer === undefined ? {} : { tokenizer }),
    },
  };
}

/** Number of tokens the model has positions for, special ones included. */
function longest(config: Configuration, tokens: ExportTokens): number {
  const unused = NUMBERED_PAST_PADDING.has(config.model_type) ? tokens.rules.padding + 1 : 0;
  const { alibi_starting_size: alibi, max_position_embeddings: most } = config;
  const positions = alibi == null && most != null ? most - unused : Number.POSITIVE_INFINITY;
  return Math.min(positions, tokenizerLimit(tokens));
}

/** Most tokens of the tokenizer itself; Infinity if it has no limit. */
export function tokenizerLimit({ longest }: ExportTokens): number {
  return longest < NO_LIMIT ? longest : Number.POSITIVE_INFINITY;
}

function dimOf(
  modelPath: string,
  {
    graph,
    changes,
    hidden,
    output,
  }: {
    graph: Graph;
    changes: ExportChanges;
    hidden: number | undefined;
    output: ModelRecipe['output'];
  },
): number {
  const given = lastLength(graph, output.name);
  // A row that the graph pools itself may be shorter than its hidden vectors.
  const dim = changes.dim ?? (output.pooling === 'none' ? (given ?? hidden) : (hidden ?? given));
  if (dim != null) return dim;
  throw new ModelError(
    'model_mismatch',
    modelPath,
    `does not declare how many numbers a row of its output '${output.name}' has, nor does ${CONFIG}`,
    `set hidden_size in ${CONFIG}, or dim in ${DESCRIPTOR}`,
  );
}

const idType = (graph: Graph, ids: string): ModelRecipe['idType'] =>
  graph.inputs.some(({ name, type }) => name === ids && type === 'int32') ? 'int32' : 'int64';

function inputsOf({ inputs }: Graph): ModelRecipe['inputs'] {
  const asked = new Set(inputs.map(({ name }) => name));
  const mask = asked.has('attention_mask') ? { mask: 'attention_mask' } : {};
  const types = asked.has('token_type_ids') ? { types: 'token_type_ids' } : {};
  return { ids: 'input_ids', ...mask, ...types };
}
