import { readingModel } from './graph-reader.js';
import { readStructure, type Structure } from './graph-structure.js';

/** Operators that quantize a value as the graph runs, with one scale for all of its numbers. */
const DYNAMIC = new Set(['DynamicQuantizeLinear', 'DynamicQuantizeMatMul']);

/** Whether a graph makes scales from all numbers of a call: then a row depends on what else is in the call. */
export function makesScales({ nodes }: Pick<Structure, 'nodes'>): boolean {
  return nodes.some(({ operator }) => DYNAMIC.has(operator));
}

/** {@link makesScales} of a graph's file. @throws ModelError as `readGraph` does. */
export function makesScalesOfACall(modelPath: string): boolean {
  return readingModel(modelPath, (bytes) => makesScales(readStructure(bytes)));
}
