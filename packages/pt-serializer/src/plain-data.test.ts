import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toData } from './plain-data.js';

/** The deepest path of an acyclic graph, by definition. */
function depth(value: unknown): number {
  return Array.isArray(value) ? 1 + Math.max(0, ...value.map(depth)) : 0;
}

test('the depth limit applies to the longest path, however lists are shared', () => {
  // Node i contains only earlier nodes; chains of single items bring the longest path near the limit.
  const graph = fc.array(fc.array(fc.nat(30), { maxLength: 3 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(graph, fc.integer({ min: 985, max: 1003 }), (edges, chain) => {
      const nodes: unknown[][] = [];
      for (const targets of edges)
        nodes.push(targets.flatMap((target) => (nodes[target] ? [nodes[target]] : [])));
      let long: unknown[] = [];
      for (let i = 1; i < chain; i++) long = [long];
      nodes[0]!.push(long);
      const root = [...nodes];
      if (depth(root) > 1000) expect(() => toData(root, 1000, false)).toThrow('nested deeper than 1000');
      else expect(() => toData(root, 1000, false)).not.toThrow();
    }),
  );
});
