/**
 * The objects that occur more than once in a value, which the writer refers back to. Searches no deeper than
 * `depth`, where the writer gives up, because a getter can make new objects forever.
 */
export function sharedObjects(root: unknown, depth: number): Set<object> {
  const seen = new Set<object>();
  const shared = new Set<object>();
  const open: unknown[] = [root];
  const depths: number[] = [0];
  while (open.length > 0) {
    const value = open.pop();
    const at = depths.pop()!;
    if (typeof value !== 'object' || value === null) continue;
    if (seen.has(value)) {
      shared.add(value);
      continue;
    }
    seen.add(value);
    if (at > depth) continue;
    for (const item of itemsOf(value)) {
      if (typeof item !== 'object' || item === null) continue;
      open.push(item);
      depths.push(at + 1);
    }
  }
  return shared;
}

function itemsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  if (value instanceof Map) return [...value.keys(), ...value.values()];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : [];
}
