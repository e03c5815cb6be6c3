import {
  type BuiltGraph,
  CacheError,
  type Encoder,
  type EncoderFacts,
  FAMILIES,
  type LetterTokens,
  ModelConfigError,
  openModel,
  type PublishedModel,
  UnsupportedModelError,
  WeightsError,
} from '@holdfast/model-zoo';
import { PtFormatError } from '@holdfast/pt-serializer';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import type { ExportTokens } from '../tokens/export-tokens.js';
import { checkVocabularySize } from '../tokens/vocabulary.js';
import type { Description } from './description.js';
import type { ExportChanges } from './descriptor.js';
import { downloadAgain } from './download-again.js';
import { describeEncoder, readFolderTokens, tokenizerLimit } from './exported-folder.js';
import { type FingerprintPart, publishedParts } from './fingerprint.js';
import { int8Model } from './int8-model.js';
import { unreadable } from './model-files.js';
import { modelName } from './model-name.js';
import { lowered, type Precision } from './precision.js';
import { type ModelRecipe, tokenTable } from './recipe.js';

/** A model that was built from published weights. */
export interface Published {
  description: Description;
  graph: Graph;
  built: BuiltGraph;
  precision?: 'int8';
  modelPath: string;
  parts: FingerprintPart[];
}

export interface PublishedOptions {
  changes: ExportChanges;
  wanted: Partial<ModelRecipe['output']>;
  precision: Precision | undefined;
}
/** Families whose `vocab.txt` Transformers' EsmTokenizer reads. */
const ESM_VOCABULARIES = new Set(['ESM', 'Nucleotide Transformer v2']);

const EXPORT =
  'or export it to ONNX (pip install optimum[onnxruntime]; optimum-cli export onnx --model NAME --task feature-extraction DIR) and give that folder';

/**
 * Builds a model from published weights and describes it.
 *
 * @param folder of its tokenizer, and of the `holdfast.json` that changes settings.
 * @throws ModelError `model_unsupported`, `model_bad_json`, `model_file_missing`, `model_mismatch`, `model_load`.
 */
export async function readPublished(
  path: string,
  folder: string,
  { changes, wanted, precision }: PublishedOptions,
): Promise<Published> {
  const { encoder, tokens: letters, maxTokens, pooling, family } = await opened(path);
  const output = wanted.name ?? changes.output?.name ?? encoder.layers[0]!;
  if (!encoder.layers.includes(output))
    throw new ModelError(
      'model_mismatch',
      path,
      `has no output '${output}'; its outputs: ${encoder.layers.join(', ')}`,
      'choose one of these as the layer, or omit the layer',
    );
  const graph = interfaceOf(encoder);
  const tokens =
    letters === null
      ? await readFolderTokens(folder, ESM_VOCABULARIES.has(family) ? 'esm' : 'other', changes)
      : lettersOf(path, letters);
  const known = Math.max(...tokens.ids.values()) + 1;
  // A list of letters leaves out tokens for other uses.
  checkVocabularySize(
    tokens.path,
    tokens.ids.values(),
    letters !== null && known <= encoder.vocabulary ? known : encoder.vocabulary,
  );
  const description = describeEncoder(
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
  const made = await inPrecision(encoder, { output, precision, path });
  return { description, graph, modelPath, ...made };
}

async function inPrecision(
  encoder: Encoder,
  { output, precision, path }: { output: string; precision: Precision | undefined; path: string },
): Promise<Pick<Published, 'built' | 'parts' | 'precision'>> {
  switch (lowered(precision)) {
    case undefined: {
      const built = encoder.build(output);
      return { built, parts: publishedParts(built) };
    }
    case 'int8':
      return int8Model(encoder, output).catch((error: unknown) => {
        throw modelError(error);
      });
    case 'fp16':
      throw new ModelError(
        'model_unsupported',
        path,
        'cannot be computed in float16 by this version: the graphs that it builds are float32, or int8 on a CPU',
        'choose the precision fp32 or int8, or export the model to ONNX in float16 and give that folder',
      );
  }
}

async function opened(path: string): Promise<PublishedModel> {
  try {
    return await openModel(path);
  } catch (error) {
    throw modelError(error);
  }
}

function modelError(error: unknown): unknown {
  if (error instanceof ModelError || error instanceof CacheError) return error;
  const as = (
    code: ModelError['code'],
    { message, path }: Error & { path?: string | undefined },
    remedy: string,
  ) => {
    const what =
      path !== undefined && message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message;
    return new ModelError(code, path ?? '', what, remedy, { cause: error });
  };
  if (error instanceof UnsupportedModelError)
    return as(
      'model_unsupported',
      error,
      error.remedy ?? `the known families are ${FAMILIES.join('; ')}; use one of them, ${EXPORT}`,
    );
  if (error instanceof ModelConfigError)
    return as('model_unsupported', error, `use a model without this, ${EXPORT}`);
  if (error instanceof WeightsError) {
    const damaged = error.path.endsWith('.json') ? 'model_bad_json' : 'model_load';
    return as(error.code === 'weights_format' ? damaged : 'model_mismatch', error, downloadAgain(error.path));
  }
  if (error instanceof PtFormatError)
    return as(
      'model_load',
      error,
      `${downloadAgain(error.path ?? '', 'download it again')}; if it stays so, save it with torch.save(model.state_dict(), path)`,
    );
  const { code, path } = error as NodeJS.ErrnoException;
  return code !== undefined && path !== undefined ? unreadable(path, error) : error;
}

function lettersOf(path: string, letters: LetterTokens): ExportTokens {
  const { ids, other, fused, padding, prefix, suffix, alphabet } = letters;
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
    longest: Number.POSITIVE_INFINITY,
    alphabet: () => alphabet,
  };
}

function interfaceOf({ dim, layers }: EncoderFacts): Graph {
  const value = (name: string, type: string, shape: (number | string)[]) => ({
    name,
    isTensor: true,
    type,
    shape,
  });
  return {
    inputs: [value('input_ids', 'int64', ['n', 'tokens'])],
    outputs: layers.map((name) => value(name, 'float32', ['n', 'tokens', dim])),
    weightFiles: [],
  };
}
