import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ort from 'onnxruntime-node';
import type { Encoder } from '../src/onnx/encoder.js';
import type { GraphOptions } from '../src/onnx/graph-options.js';
import { fields } from '../src/onnx/protobuf-reader.js';

export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
export const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));

/** A sequence of `expected.json`, with the values that the public code gave. */
export type Case = Record<string, unknown>;

/** The sequences of a fixture. */
export function casesOf(name: string): Case[] {
  const expected = readJson(join(fixture(name), 'expected.json'));
  return Array.isArray(expected) ? expected : expected.sequences;
}

/** Its tokens, special ones included; null if the public code makes none. */
export function idsOf(of: Case): number[] | null {
  const ids = of['input_ids'] ?? of['hf_4.27_tokenizer_input_ids'];
  return Array.isArray(ids) ? ids : null;
}

/** A session of one output; the weights stay where they are. */
export function session(
  encoder: Encoder,
  output?: string,
  options?: GraphOptions,
): Promise<ort.InferenceSession> {
  const { model, folder } = encoder.build(output, options);
  const extra = { session: { model_external_initializers_file_folder_path: folder } };
  return ort.InferenceSession.create(model, { logSeverityLevel: 3, extra });
}

/** The output for one sequence: its rows, and their width. */
export async function run(embed: ort.InferenceSession, ids: readonly number[]): Promise<number[][]> {
  const input = new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const output = (await embed.run({ input_ids: input }))[embed.outputNames[0]!]!;
  const [, count, width] = output.dims as [number, number, number];
  const data = output.data as Float32Array;
  return Array.from({ length: count }, (_, row) => [...data.subarray(row * width, (row + 1) * width)]);
}

/** The largest difference of two tables. */
export function largest(found: readonly number[][], expected: readonly number[][]): number {
  if (found.length !== expected.length) throw new Error(`${found.length} rows, not ${expected.length}`);
  return Math.max(
    ...found.flatMap((row, i) => {
      if (row.length !== expected[i]!.length) throw new Error(`${row.length} columns`);
      return row.map((value, j) => Math.abs(value - expected[i]![j]!));
    }),
  );
}

/** The mean of rows. */
export const meanOf = (rows: readonly number[][]): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

/** The nodes of a graph, their operators, and the domains that it names. */
export function operatorsOf(model: Uint8Array): {
  nodes: { operator: string; inputs: string[] }[];
  operators: string[];
  domains: string[];
} {
  const parts = (message: Uint8Array, number: number) =>
    [...fields(message)].filter((field) => field.number === number).map(({ bytes }) => bytes);
  const text = (message: Uint8Array, number: number) => Buffer.concat(parts(message, number)).toString();
  const [graph] = parts(model, 7);
  const nodes = parts(graph!, 1).map((node) => ({
    operator: text(node, 4),
    inputs: parts(node, 1).map((name) => Buffer.from(name).toString()),
  }));
  return {
    nodes,
    operators: nodes.map(({ operator }) => operator),
    domains: parts(model, 8).map((opset) => text(opset, 1)),
  };
}
