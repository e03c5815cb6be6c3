import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { unreadable } from '../model/model-files.js';
import { ENOUGH, refuseStandIn } from '../model/stand-in.js';
import { ModelError } from '../model-error.js';
import { externalFiles } from './external-data.js';
import { BadProtobufError, type Field, FileBytes, fieldsOf, numberOf, only, textOf } from './protobuf.js';

/** An input or output of a graph, with ONNX Runtime's names for element types. */
export interface GraphValue {
  name: string;
  isTensor: boolean;
  /** `float32`, `int64`, …; the string `undefined` if the graph does not declare it. */
  type: string;
  /** A length, or the name of a length that varies; empty if the graph declares no shape. */
  shape: readonly (number | string)[];
}

/** A graph's inputs and outputs, without the weights. */
export interface Graph {
  inputs: readonly GraphValue[];
  outputs: readonly GraphValue[];
  /** Weight files beside the graph, relative to its folder; each once, sorted. */
  weightFiles: readonly string[];
}

/** Field numbers in onnx.proto3. */
const MODEL = { graph: 7 };
const GRAPH = { initializer: 5, input: 11, output: 12 };
const TENSOR = { name: 8 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { element: 1, shape: 2 };
const SHAPE = { dimension: 1 };
const DIMENSION = { value: 1, parameter: 2 };

/** TensorProto.DataType. */
export const ELEMENTS: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/**
 * Reads a graph's inputs, outputs and weight files without loading it. It skips the weights, so a file of
 * gigabytes takes milliseconds.
 *
 * @throws ModelError `model_load` if the file is not an ONNX model or is truncated, `model_file_missing` if
 * it cannot be read.
 */
export function readGraph(path: string): Graph {
  return readingModel(path, (bytes) => {
    // Read to the end of the file: it may be truncated after the graph.
    const graph = only([...fieldsOf(bytes)], MODEL.graph);
    if (graph === undefined) throw new BadProtobufError('it contains no graph');
    return { ...interfaceOf(bytes, graph), weightFiles: externalFiles(bytes) };
  });
}

/** Opens a model's file for a reader. @throws ModelError as {@link readGraph}, also for its BadProtobufError. */
export function readingModel<T>(path: string, read: (bytes: FileBytes) => T): T {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  try {
    const beginning = Buffer.alloc(ENOUGH);
    refuseStandIn(path, beginning.subarray(0, readSync(file, beginning)), 'model_load');
    return read(new FileBytes(file, fstatSync(file).size));
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (!(error instanceof BadProtobufError)) throw unreadable(path, error);
    const what = `is not an ONNX model, or is damaged (${error.message})`;
    throw new ModelError('model_load', path, what, 're-export or copy it again', { cause: error });
  } finally {
    closeSync(file);
  }
}

function interfaceOf(bytes: FileBytes, graph: Field): Pick<Graph, 'inputs' | 'outputs'> {
  const weights = new Set<string>();
  const inputs: GraphValue[] = [];
  const outputs: GraphValue[] = [];
  for (const field of fieldsOf(bytes, graph)) {
    if (field.number === GRAPH.initializer) weights.add(name(bytes, field, TENSOR.name));
    if (field.number === GRAPH.input) inputs.push(graphValue(bytes, field));
    if (field.number === GRAPH.output) outputs.push(graphValue(bytes, field));
  }
  // Older graphs list their weights among the inputs.
  return { inputs: inputs.filter((input) => !weights.has(input.name)), outputs };
}

function graphValue(bytes: FileBytes, value: Field): GraphValue {
  const at = (parent: Field | undefined, number: number) => parent && only(fieldsOf(bytes, parent), number);
  const tensor = at(at(value, VALUE.type), TYPE.tensor);
  const shape = at(tensor, TENSOR_TYPE.shape);
  const element = at(tensor, TENSOR_TYPE.element);
  const dimensions = shape === undefined ? [] : [...fieldsOf(bytes, shape)];
  return {
    name: name(bytes, value, VALUE.name),
    isTensor: tensor !== undefined,
    type: ELEMENTS[element === undefined ? 0 : numberOf(element)] ?? 'undefined',
    shape: dimensions
      .filter(({ number }) => number === SHAPE.dimension)
      .map((dimension) => {
        const length = at(dimension, DIMENSION.value);
        return length === undefined ? name(bytes, dimension, DIMENSION.parameter) : numberOf(length);
      }),
  };
}

function name(bytes: FileBytes, parent: Field, number: number): string {
  const field = only(fieldsOf(bytes, parent), number);
  return field === undefined ? '' : textOf(bytes, field);
}
