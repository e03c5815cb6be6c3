import { damage, fixtureOf, mutation } from './mutate.mjs';

/** Stands for deeply nested lists, which JSON.stringify itself cannot write. */
const NESTED = 'nested-';
const NUMBERS = [
  0,
  1,
  2,
  3,
  -1,
  0.5,
  7,
  64,
  255,
  2 ** 16,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 52,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
];
const TEXTS = [
  '',
  'F32',
  'F64',
  'F16',
  'BF16',
  'I64',
  'BOOL',
  '__proto__',
  'constructor',
  '../x',
  '/dev/zero',
  'ü€😀',
  '\ud800',
  'a'.repeat(70_000),
  '\0',
];
const LENGTHS = [0n, 1n, 7n, 100_000_000n, 100_000_001n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

/** A damaged version of a file, by its kind. */
export function weightsMutation(random, { name, bytes }, others) {
  if (random.once(5)) return damage(random, bytes, others);
  if (name.endsWith('.safetensors')) return safetensors(random, bytes, others);
  if (name.endsWith('.json')) return json(random, bytes.toString('utf8'), others);
  if (/\.(pt|bin|pth)$/.test(name)) return mutation(random, [fixtureOf(bytes)]);
  return lines(random, bytes, others);
}

/** Damages the header's JSON, its text, or its length; the data mostly stays. */
function safetensors(random, bytes, others) {
  const length = Number(bytes.readBigUInt64LE());
  const header = bytes.subarray(8, 8 + length);
  const data = bytes.subarray(8 + length);
  const kind = random.below(8);
  if (kind === 0) return joined(random.pick(LENGTHS), header, data);
  if (kind === 1) return fitted(damage(random, header, others), data);
  if (kind === 2)
    return fitted(json(random, header.toString('utf8'), others), data.subarray(random.below(data.length)));
  if (kind === 3)
    return fitted(Buffer.from(layout(random, JSON.parse(header.toString('utf8')), data.length)), data);
  return fitted(json(random, header.toString('utf8'), others), data);
}

const fitted = (header, data) => joined(BigInt(header.length), header, data);

function joined(length, header, data) {
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length);
  return Buffer.concat([head, header, data]);
}

/** The attacks on the layout of tensors: overlaps, holes, ends beyond the data, shapes that overflow, empty ones, lies about types. */
function layout(random, header, available) {
  const names = Object.keys(header).filter((name) => name !== '__metadata__');
  const one = header[random.pick(names)];
  const other = header[random.pick(names)];
  const edge = () =>
    random.pick([...NUMBERS, available, available + 1, other.data_offsets[0], other.data_offsets[1]]);
  switch (random.below(8)) {
    case 0:
      one.data_offsets = other.data_offsets;
      break;
    case 1:
      one.data_offsets = [edge(), edge()];
      break;
    case 2:
      one.shape = Array.from({ length: random.below(6) }, edge);
      break;
    case 3:
      one.shape = [0, edge()];
      one.data_offsets = [one.data_offsets[0], one.data_offsets[0]];
      break;
    case 4:
      one.dtype = random.pick(TEXTS);
      break;
    case 5:
      delete header[random.pick(names)];
      break;
    case 6: {
      // The same bytes as another shape, so that only the model can tell.
      const elements = one.shape.reduce((product, size) => product * size, 1);
      one.shape = random.pick([
        [elements],
        [1, elements],
        [elements, 1],
        [1, 1, elements],
        [elements, 1, 1, 1, 1, 1],
      ]);
      break;
    }
    default: {
      const text = JSON.stringify(header);
      return text.replace(/^\{/, `{${JSON.stringify(random.pick(names))}:${JSON.stringify(one)},`);
    }
  }
  return JSON.stringify(header);
}

/** Changes one to three values anywhere in a JSON text, its keys, or its characters. */
function json(random, text, others) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return damage(random, Buffer.from(text), others);
  }
  for (let times = 1 + random.below(3); times > 0; times--) value = changed(random, value);
  const out = (JSON.stringify(value) ?? 'null').replace(
    new RegExp(`"${NESTED}(\\d+)"`, 'g'),
    (_, depth) => `${'['.repeat(depth)}1${']'.repeat(depth)}`,
  );
  if (random.once(20)) return Buffer.from(`${'['.repeat(200_000)}${out}`);
  if (random.once(20)) return Buffer.from(`\ufeff${out}`);
  return Buffer.from(out);
}

function changed(random, value, depth = 0) {
  if (typeof value !== 'object' || value === null || depth > 6 || (depth > 0 && random.once(4)))
    return other(random, value);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.once(8)) return [...value, other(random, 1)];
    const at = random.below(value.length);
    return value.map((each, i) => (i === at ? changed(random, each, depth + 1) : each));
  }
  const keys = Object.keys(value);
  if (keys.length === 0 || random.once(8))
    return { ...value, [random.pick([...TEXTS, 'x'])]: other(random, 1) };
  const key = random.pick(keys);
  if (random.once(6)) {
    const { [key]: _, ...rest } = value;
    return random.once(2) ? rest : { ...rest, [random.pick(TEXTS)]: value[key] };
  }
  return { ...value, [key]: changed(random, value[key], depth + 1) };
}

function other(random, value) {
  const kind = random.below(8);
  if (kind < 3) return random.pick(NUMBERS);
  if (kind < 5) return random.pick(TEXTS);
  if (kind === 5) return random.pick([null, true, false, [], {}, [[]], { length: -1 }]);
  if (kind === 6) return `${NESTED}${random.pick([3, 100, 5000])}`;
  return typeof value === 'number' ? value * 2 : [value, value];
}

/** Vocabularies: lines dropped, doubled, swapped, or replaced. */
function lines(random, bytes, others) {
  if (random.once(2)) return damage(random, bytes, others);
  const rows = bytes.toString('utf8').split('\n');
  for (let times = 1 + random.below(3); times > 0; times--) {
    const at = random.below(rows.length);
    rows.splice(
      at,
      random.below(2),
      ...(random.once(2) ? [random.pick([...TEXTS, 'ACGTACGTAC', 'A', rows[0]])] : []),
    );
  }
  return Buffer.from(rows.join('\n'));
}
