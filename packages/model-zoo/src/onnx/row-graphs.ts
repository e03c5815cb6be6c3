import { GraphBuilder } from './graph-builder.js';
import { encodeGraph } from './graph-parts.js';

/** An ONNX ModelProto that multiplies `rows`, float32 [n, dim], by `queries`, float32 [dim, m], to `products` [n, m]. */
export function rowProductsGraph(): Uint8Array {
  const graph = new GraphBuilder('row_products');
  const inputs = [
    graph.input('rows', 'float32', ['n', 'dim']),
    graph.input('queries', 'float32', ['dim', 'm']),
  ];
  graph.node('MatMul', inputs, {}, { outputs: ['products'] });
  graph.output('products', 'float32', ['n', 'm']);
  return encodeGraph(graph.parts('products'), (file) => file);
}

/** An ONNX ModelProto that makes `squares`, float32 [n], of `rows`, float32 [n, dim]: the sum of each row's squares. */
export function rowSquaresGraph(): Uint8Array {
  const graph = new GraphBuilder('row_squares');
  const rows = graph.input('rows', 'float32', ['n', 'dim']);
  graph.node('ReduceSumSquare', [rows], { axes: [1], keepdims: 0 }, { outputs: ['squares'] });
  graph.output('squares', 'float32', ['n']);
  return encodeGraph(graph.parts('squares'), (file) => file);
}
