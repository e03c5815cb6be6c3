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
  return encodeGraph(graph.parts(['products']), (file) => file);
}
