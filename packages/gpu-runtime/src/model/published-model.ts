import { join } from 'node:path';
import { type EncoderFacts, type LetterTokens, openModel, type PublishedModel } from '@holdfast/model-zoo';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import type { ExportTokens } from '../tokens/export-tokens.js';
import { checkVocabularySize } from '../tokens/vocabulary.js';
import type { Description } from './description.js';
import type { ExportChanges } from './descriptor.js';
import { CONFIG, describeEncoder, readFolderTokens, tokenizerLimit } from './exported-folder.js';
import { type InPrecision, inPrecision } from './in-precision.js';
import { modelName } from './model-name.js';
import { type ModelOverrides, wantedOutput } from './model-overrides.js';
import { graphOutputs, withMore } from './more-outputs.js';
import { checkPositionPadding } from './position-padding.js';
import { modelError } from './published-error.js';
import { tokenTable } from './recipe.js';

/** A model that was built from published weights. */
export interface Published extends InPrecision {
  description: Description;
  graph: Graph;
  modelPath: string;
}

export interface PublishedOptions {
  changes: ExportChanges;
  overrides: ModelOverrides;
}

/** Families whose `vocab.txt` Transformers' EsmTokenizer reads. */
const ESM_VOCABULARIES = new Set(['ESM', 'Nucleotide Transformer v2']);

/**
 * Builds a model from published weights and describes it.
 *
 * @param folder of its tokenizer, and of the `holdfast.json` that changes settings.
 * @throws ModelError `model_unsupported`, `model_bad_json`, `model_file_missing`, `model_mismatch`, `model_load`.
 */
export async function readPublished(
  path: string,
  folder: string,
  { changes, overrides }: PublishedOptions,
): Promise<Published> {
  const { encoder, tokens: letters, maxTokens, pooling, family, positionPadding } = await opened(path);
  const graph = interfaceOf(encoder);
  const wanted = wantedOutput(path, overrides, graph);
  const output = wanted.name ?? changes.output?.name ?? encoder.layers[0]!;
  if (!encoder.layers.includes(output))
    throw new ModelError(
      'model_mismatch',
      path,
      `has no output '${output}'; its outputs: ${encoder.layers.join(', ')}`,
      'choose one of these as the layer, or omit the layer',
    );
  const tokens =
    letters === null
      ? await readFolderTokens(folder, ESM_VOCABULARIES.has(family) ? 'esm' : 'other', changes)
      : lettersOf(path, letters);
  if (positionPadding !== undefined) checkPositionPadding(join(folder, CONFIG), tokens, positionPadding);
  const known = Math.max(...tokens.ids.values()) + 1;
  // A list of letters leaves out tokens for other uses.
  checkVocabularySize(
    tokens.path,
    tokens.ids.values(),
    letters !== null && known <= encoder.vocabulary ? known : encoder.vocabulary,
  );
  const described = describeEncoder(
    folder,
    { modelPath: path, graph, changes, wanted },
    {
      name: modelName(path),
      tokens,
      longest: Math.min(maxTokens, tokenizerLimit(tokens)),
      pooling,
    },
  );
  const modelPath = encoder.files[0] ?? path;
  const description = withMore(path, described, overrides, graph);
  const outputs = graphOutputs(description.recipe);
  const made = await inPrecision(encoder, outputs, overrides.precision).catch((error: unknown) => {
    throw modelError(error);
  });
  return { description, graph, modelPath, ...made };
}

async function opened(path: string): Promise<PublishedModel> {
  try {
    return await openModel(path);
  } catch (error) {
    throw modelError(error);
  }
}

function lettersOf(path: string, letters: LetterTokens): ExportTokens {
  const { ids, other, fused, padding, prefix, suffix, alphabet, longest } = letters;
  return {
    path,
    ids,
    rules: {
      table: tokenTable(ids, other),
      ...(fused ? { fused: other } : {}),
      padding,
      prefix,
      suffix,
    },
    longest: longest ?? Number.POSITIVE_INFINITY,
    alphabet: () => alphabet,
  };
}

function interfaceOf({ outputs, shapes }: EncoderFacts): Graph {
  const value = (name: string, type: string, shape: readonly (number | string)[]) => ({
    name,
    isTensor: true,
    type,
    shape,
  });
  return {
    inputs: [value('input_ids', 'int64', ['n', 'tokens'])],
    outputs: outputs.map((name, i) => value(name, 'float32', shapes[i]!)),
    weightFiles: [],
  };
}
