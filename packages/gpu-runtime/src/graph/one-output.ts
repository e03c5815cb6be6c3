import { ModelError } from '../model-error.js';
import { GRAPH, MODEL, type Structure, TENSOR, type Weight } from './graph-structure.js';
import { block, type Field, type FileBytes, fieldsOf, numberOf, only, textOf, whole } from './protobuf.js';

/** An output that a graph gets in place of its own. */
export interface NewOutput {
  /** The value in the graph. */
  value: string;
  /** The output's name. */
  name: string;
  /** TensorProto.DataType. */
  type: number;
  shape: readonly (number | string)[];
}

export interface Rewriting {
  output: NewOutput;
  /** The model's file, for errors. */
  modelPath: string;
  /** How the new model refers to a file that the model names so, or to the model's own file (null). */
  locationOf(file: string | null): string;
}

/** Weights of at least this many bytes stay in their file. */
const LARGE = 1024;
/** Most bytes that are copied from a graph. */
const MOST_COPIED = 512 * 1024 * 1024;

/**
 * Writes the model with one output instead of its own, and without what that output does not need. Weights stay in
 * their files: those inside the model's file become external data at their place in it.
 *
 * @throws ModelError `model_unsupported` if too much of the graph cannot stay in its file.
 */
export function withOneOutput(
  bytes: FileBytes,
  structure: Structure,
  { output, modelPath, locationOf }: Rewriting,
): Buffer {
  const needed = neededBy(structure, output.value);
  let copied = 0;
  const copy = ({ from, end }: Pick<Field, 'from' | 'end'>) => {
    copied += end - from;
    if (copied > MOST_COPIED) throw tooLarge(modelPath);
    return bytes.copy(from, end);
  };
  const parts: Uint8Array[] = [];
  const places = new Map([...structure.weights.values()].map((weight) => [weight.place, weight]));
  const nodes = new Map(structure.nodes.map((node) => [node.place, node]));
  for (const field of structure.graph) {
    const weight = places.get(field);
    const node = nodes.get(field);
    if (weight !== undefined) {
      if (needed.has(weight.name)) parts.push(writtenWeight(bytes, weight, copy, locationOf));
    } else if (node !== undefined) {
      if (node.outputs.some((name) => needed.has(name))) parts.push(copy(field));
    } else if (field.number === GRAPH.input || field.number === GRAPH.valueInfo) {
      const name = valueName(bytes, field);
      // Older graphs list their weights among the inputs: without its weight, one would have to be fed.
      const listed = field.number === GRAPH.input && !structure.weights.has(name);
      if (listed || needed.has(name)) parts.push(copy(field));
    } else if (field.number !== GRAPH.output) parts.push(copy(field));
  }
  const { value, name } = output;
  if (name !== value) parts.push(block(GRAPH.node, block(1, value), block(2, name), block(4, 'Identity')));
  parts.push(block(GRAPH.output, valueInfo(output)));
  return Buffer.concat(
    structure.model.map((field) =>
      field.number === MODEL.graph ? block(MODEL.graph, ...parts) : copy(field),
    ),
  );
}

function tooLarge(modelPath: string): ModelError {
  return new ModelError(
    'model_unsupported',
    modelPath,
    `stores more than ${MOST_COPIED / 2 ** 20} MiB of weights in a form that cannot stay in the file while its graph is given another output`,
    'save it with its weights beside it (onnx.save(model, path, save_as_external_data=True))',
  );
}

/** Names of the values that a value is made of, itself included. Some tools do not write nodes in order. */
function neededBy({ nodes }: Structure, value: string): Set<string> {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const needed = new Set<string>();
  const queue = [value];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name === '' || needed.has(name)) continue;
    needed.add(name);
    const { inputs = [], captured = [] } = makers.get(name) ?? {};
    queue.push(...inputs, ...captured);
  }
  return needed;
}

function writtenWeight(
  bytes: FileBytes,
  { place }: Weight,
  copy: (field: Pick<Field, 'from' | 'end'>) => Buffer,
  locationOf: Rewriting['locationOf'],
): Buffer {
  const fields = [...fieldsOf(bytes, place)];
  const raw = only(fields, TENSOR.raw);
  const location = only(fields, TENSOR.location);
  const external = location !== undefined && numberOf(location) === 1;
  if (!external && (raw === undefined || raw.end - raw.start < LARGE)) return copy(place);
  const kept = fields.filter(
    ({ number }) => number !== TENSOR.raw && number !== TENSOR.external && number !== TENSOR.location,
  );
  const entries = external
    ? fields.filter(({ number }) => number === TENSOR.external).map((field) => entryOf(bytes, field))
    : [
        ['location', ''],
        ['offset', String(raw!.start)],
        ['length', String(raw!.end - raw!.start)],
      ];
  const written = entries.map(([key, text]) => {
    const value = key === 'location' ? locationOf(external ? text! : null) : text!;
    return block(TENSOR.external, block(1, key!), block(2, value));
  });
  return block(GRAPH.initializer, ...kept.map(copy), ...written, whole(TENSOR.location, 1));
}

function entryOf(bytes: FileBytes, entry: Field): [key: string, value: string] {
  const text = (number: number) => {
    const field = only(fieldsOf(bytes, entry), number);
    return field === undefined ? '' : textOf(bytes, field);
  };
  return [text(1), text(2)];
}

function valueName(bytes: FileBytes, value: Field): string {
  const name = only(fieldsOf(bytes, value), 1);
  return name === undefined ? '' : textOf(bytes, name);
}

function valueInfo({ name, type, shape }: NewOutput): Buffer {
  const lengths = shape.map((length) =>
    block(1, typeof length === 'number' ? whole(1, length) : block(2, length)),
  );
  const tensor = block(1, whole(1, type), block(2, ...lengths));
  return Buffer.concat([block(1, name), block(2, tensor)]);
}
