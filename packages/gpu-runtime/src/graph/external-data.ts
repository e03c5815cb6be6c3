import { normalize } from 'node:path';
import {
  BadProtobufError,
  type Field,
  type FileBytes,
  fieldsOf,
  numberOf,
  only,
  textOf,
} from './protobuf.js';

type Message = 'model' | 'training' | 'function' | 'graph' | 'node' | 'attribute' | 'sparse' | 'tensor';

/** Paths to tensors: for each message of onnx.proto3, the fields that lead to one, by field number. */
const LEADS: Readonly<Record<Exclude<Message, 'tensor'>, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparse' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparse', 23: 'sparse' },
  sparse: { 1: 'tensor', 2: 'tensor' },
};
const TENSOR = { externalData: 13, dataLocation: 14 };
const ENTRY = { key: 1, value: 2 };
/** TensorProto.DataLocation. */
const EXTERNAL = 1;

/** Nesting limit of protobuf's own readers. */
const DEEPEST = 100;
/** Longest path on Linux, in bytes. */
const LONGEST_PATH = 4096;

/**
 * The files outside the graph that hold its tensors: each once, sorted, relative to the model's folder.
 *
 * @throws BadProtobufError
 */
export function externalFiles(bytes: FileBytes): string[] {
  const files = new Set<string>();
  const walk = (message: Message, within: Pick<Field, 'start' | 'end'> | undefined, depth: number) => {
    if (depth > DEEPEST) throw new BadProtobufError('its graphs are nested too deeply');
    if (message === 'tensor') {
      const file = fileOf(bytes, within as Field);
      if (file !== undefined) files.add(normalize(file));
      return;
    }
    for (const field of fieldsOf(bytes, within)) {
      const next = LEADS[message][field.number];
      if (next !== undefined && field.value === undefined) walk(next, field, depth + 1);
    }
  };
  walk('model', undefined, 0);
  return [...files].sort();
}

function fileOf(bytes: FileBytes, tensor: Field): string | undefined {
  let external = false;
  let file: string | undefined;
  for (const field of fieldsOf(bytes, tensor)) {
    if (field.number === TENSOR.dataLocation) external = numberOf(field) === EXTERNAL;
    if (field.number === TENSOR.externalData) file = locationOf(bytes, field) ?? file;
  }
  if (!external) return undefined;
  if (!file) throw new BadProtobufError('it does not name the file of a weight');
  return file;
}

function locationOf(bytes: FileBytes, entry: Field): string | undefined {
  const key = only(fieldsOf(bytes, entry), ENTRY.key);
  const value = only(fieldsOf(bytes, entry), ENTRY.value);
  if (key === undefined || value === undefined) return undefined;
  if (key.end - key.start > LONGEST_PATH || textOf(bytes, key) !== 'location') return undefined;
  if (value.end - value.start > LONGEST_PATH) throw new BadProtobufError('a file name does not end');
  return textOf(bytes, value);
}
