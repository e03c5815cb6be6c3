import { realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { commonFolder } from '@holdfast/model-zoo';
import * as z from '@holdfast/schema';
import { makesScales } from '../graph/dynamic-scales.js';
import { ELEMENTS, type Graph, readingModel } from '../graph/graph-reader.js';
import { readStructure, type Structure } from '../graph/graph-structure.js';
import { findHidden, type Hidden } from '../graph/masked-head.js';
import { withOneOutput } from '../graph/one-output.js';
import { ModelError } from '../model-error.js';
import { CONFIG } from './exported-folder.js';
import { type FingerprintPart, graphParts } from './fingerprint.js';
import { readModelJson, unreadable } from './model-files.js';

/** The usual name of the token vectors in an exported encoder. */
const LAST = 'last_hidden_state';
/** The predictions of a head. */
const LOGITS = 'logits';

/** A graph of a masked language model that was rewritten to give its last hidden state. */
export interface WithHiddenState {
  graph: Graph;
  built: { model: Uint8Array; folder: string };
  parts: FingerprintPart[];
  /** Its scales are made from all numbers of a call, so a call must hold one sequence. */
  singly: boolean;
  /** What was done, for the user. */
  notes: readonly string[];
}

const configuration = z.looseObject({
  hidden_size: z.int().positive(),
  vocab_size: z.int().positive(),
});

/**
 * Whether rows are to be made of a hidden state that the graph computes, but does not give: its only output is
 * `logits`.
 *
 * @param output the output that the user or the folder chose.
 */
export function lacksHiddenState({ outputs }: Graph, output: string | undefined): boolean {
  return (output ?? LAST) === LAST && outputs.length === 1 && outputs[0]!.name === LOGITS;
}

/**
 * Finds the last hidden state in the graph of a masked language model and makes it the graph's output. The graph
 * keeps only what that needs. Weights stay in their files.
 *
 * @throws ModelError `model_unsupported` if the place is not clear; `model_mismatch` if it is not of the size in
 * `config.json`; `model_bad_json` if that has no sizes.
 */
export async function withHiddenState(
  folder: string,
  modelPath: string,
  graph: Graph,
): Promise<WithHiddenState> {
  const config = await readModelJson(folder, CONFIG, configuration);
  const place = placeOf(modelPath, graph.weightFiles);
  return readingModel(modelPath, (bytes) => {
    const structure = readStructure(bytes);
    const hidden = foundIn(modelPath, structure, config);
    const { value, type, size } = hidden;
    const name = structure.nodes.some(({ outputs }) => outputs.includes(LAST)) ? value : LAST;
    const shape = ['batch_size', 'sequence_length', size];
    const output = { value, name, type, shape };
    const model = withOneOutput(bytes, structure, { output, modelPath, locationOf: place.locationOf });
    return {
      graph: { ...graph, outputs: [{ name, isTensor: true, type: ELEMENTS[type] ?? 'undefined', shape }] },
      built: { model, folder: place.folder },
      parts: [
        ...graphParts(modelPath, graph.weightFiles),
        { name: 'hidden state', bytes: Buffer.from(value) },
      ],
      singly: makesScales(structure),
      notes: [
        `${basename(modelPath)} gives only ${LOGITS}, so rows are made of the last hidden state: the value '${value}', which enters the head of the model`,
      ],
    };
  });
}

function foundIn(
  modelPath: string,
  structure: Structure,
  { hidden_size, vocab_size }: z.infer<typeof configuration>,
): Hidden {
  const hidden = findHidden(structure, LOGITS);
  const refused = (code: ModelError['code'], what: string) =>
    new ModelError(
      code,
      modelPath,
      `gives only ${LOGITS}, and ${what}`,
      'export it without its head: optimum-cli export onnx --model NAME --task feature-extraction DIR',
    );
  if (typeof hidden === 'string')
    throw refused('model_unsupported', `its last hidden state is not found in the graph, because ${hidden}`);
  if (hidden.vocabulary !== vocab_size)
    throw refused(
      'model_unsupported',
      `these are not those of a masked language model: they have ${hidden.vocabulary} numbers for a token, but ${CONFIG} has a vocabulary of ${vocab_size}`,
    );
  if (hidden.size === hidden_size) return hidden;
  throw refused(
    'model_mismatch',
    `the value that enters its head ('${hidden.value}') has ${hidden.size} numbers for a token, but hidden_size in ${CONFIG} is ${hidden_size}`,
  );
}

/**
 * The folder that holds a graph's file and its files of weights, and their names in it. ONNX Runtime refuses files
 * outside of that folder, also behind a symbolic link, as in the cache of Hugging Face; so links are resolved.
 */
function placeOf(
  modelPath: string,
  weightFiles: readonly string[],
): { folder: string; locationOf: (file: string | null) => string } {
  const real = (file: string): string => {
    const path = join(dirname(modelPath), file);
    if (relative(dirname(modelPath), path).startsWith('..'))
      throw new ModelError(
        'model_unsupported',
        modelPath,
        `names a file of weights outside of its folder: ${file}`,
        'export it again',
      );
    try {
      return realpathSync(path);
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  const files = [basename(modelPath), ...weightFiles].map(real);
  const folder = commonFolder(files);
  return {
    folder,
    locationOf: (file) =>
      relative(folder, real(file ?? basename(modelPath)))
        .split(sep)
        .join('/'),
  };
}
