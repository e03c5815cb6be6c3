import { GraphBuilder } from '../onnx/graph-builder.js';
import { encodeGraph } from '../onnx/graph-parts.js';

/** An ONNX ModelProto that multiplies `a`, uint8 [m, k], by `b`, int8 [k, n], to `product`, int32: a trial of the CPU. */
export function int8Product(): Uint8Array {
  const graph = new GraphBuilder('int8_product');
  const inputs = [graph.input('a', 'uint8', ['m', 'k']), graph.input('b', 'int8', ['k', 'n'])];
  graph.node('MatMulInteger', inputs, {}, { outputs: ['product'] });
  graph.output('product', 'int32', ['m', 'n']);
  return encodeGraph(graph.parts(['product']), (file) => file);
}
