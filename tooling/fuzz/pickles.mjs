/** Pieces of pickles, as bytes in latin1. Format: CPython's Lib/pickletools.py. */
const u32 = (value) =>
  String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24);

export const text = (value) => {
  const bytes = Buffer.from(value).toString('latin1');
  return `X${u32(bytes.length)}${bytes}`;
};
export const int = (value) =>
  value >= 0 && value < 256 ? `K${String.fromCharCode(value)}` : `J${u32(value | 0)}`;
/** A tuple of parts, each of which puts one value. */
export const tuple = (...parts) => `(${parts.join('')}t`;
export const global = (module, name) => `c${module}\n${name}\n`;
export const storage = (elements, type = 'ByteStorage', key = '0', more = '') =>
  `(${text('storage')}${global('torch', type)}${text(key)}${text('cpu')}${int(elements)}${more}tQ`;
/** A tensor over `elements` elements; size and stride are parts that put a tuple. */
export const tensor = (elements, offset, size, stride, type) =>
  `${global('torch._utils', '_rebuild_tensor_v2')}(${storage(elements, type)}${offset}${size}${stride}\x89}tR`;

const GLOBALS = [
  ['torch._utils', '_rebuild_tensor'],
  ['torch._utils', '_rebuild_tensor_v2'],
  ['torch._utils', '_rebuild_tensor_v3'],
  ['torch._utils', '_rebuild_parameter'],
  ['torch', 'FloatStorage'],
  ['torch', 'float32'],
  ['torch', 'Size'],
  ['torch', 'device'],
  ['torch.storage', 'UntypedStorage'],
  ['collections', 'OrderedDict'],
  ['collections', 'Counter'],
  ['_codecs', 'encode'],
  ['__builtin__', 'set'],
  ['builtins', 'frozenset'],
  ['builtins', 'bytearray'],
  ['builtins', 'complex'],
  ['__builtin__', 'bytes'],
  ['numpy.core.multiarray', '_reconstruct'],
  ['numpy._core.multiarray', 'scalar'],
  ['numpy', 'dtype'],
  ['numpy', 'ndarray'],
  ['numpy.core.numeric', '_frombuffer'],
];
const HOSTILE = [
  ['os', 'system'],
  ['posix', 'system'],
  ['builtins', 'eval'],
  ['torch', 'load'],
  ['torch', 'constructor'],
  ['__proto__', 'x'],
];
const LENGTHS = [0, 1, 255, 65_536, 0x7fffffff, -1];

/** A random program whose opcodes mostly find on the stack what they need: `random` decides each step. */
export function program(random) {
  let out = random.once(20) ? '' : `\x80${String.fromCharCode(random.pick([2, 3, 4, 5, 2, 2]))}`;
  let height = 0;
  const marks = [];
  let memo = 0;
  const steps = 3 + random.below(60);
  const put = (opcode) => {
    out += opcode;
    height++;
  };
  const take = (opcode, taken, given) => {
    if (height - (marks.at(-1) ?? 0) < taken && !random.once(50)) return;
    out += opcode;
    height += given - taken;
  };
  const upToMark = (opcode, given) => {
    if (marks.length === 0 && !random.once(50)) return;
    out += opcode;
    height = (marks.pop() ?? 0) + given;
  };
  const actions = [
    () => put(random.pick(['N', '\x88', '\x89', ')', ']', '}', '\x8f'])),
    () => put(int(random.pick([0, 1, 2, 3, 6, 255, 256, -1, 0x7fffffff]))),
    () => put(text(random.pick(['a', 'storage', '0', 'cpu', 'latin1', 'f4', '<', '__proto__', 'é']))),
    () => put(`G${random.bytes(8).toString('latin1')}`),
    () => put(`\x8a\x08${random.bytes(8).toString('latin1')}`),
    () => put(`C\x04${random.bytes(4).toString('latin1')}`),
    () => put(`\x96\x04\0\0\0\0\0\0\0${random.bytes(4).toString('latin1')}`),
    () => put(global(...random.pick(random.once(8) ? HOSTILE : GLOBALS))),
    () => put(tensor(6, int(random.below(4)), tuple(int(random.below(4)), int(3)), tuple(int(3), int(1)))),
    () => put(storage(random.pick([6, 6, 6, 5, 7]))),
    () => {
      out += '(';
      marks.push(height);
    },
    () => upToMark(random.pick(['t', 'l', 'd', '\x91']), 1),
    () => upToMark(random.pick(['e', 'u', '\x90', '1']), 0),
    () => take(random.pick(['\x85', '0']), 1, 1),
    () => take(random.pick(['\x86', 'R', 'b', 'a', '\x81', '\x93']), 2, 1),
    () => take(random.pick(['\x87', 's']), 3, 1),
    () => take('Q', 1, 1),
    () => take('2', 1, 2),
    () => take(random.once(2) ? '\x94' : `q${String.fromCharCode(memo++ & 255)}`, 1, 1),
    () => put(`h${String.fromCharCode(random.below(Math.max(1, memo)))}`),
    () => {
      const opcode = random.pick(['X', 'B', 'T', '\x8b', '\x95', '\x8d', '\x8e', '\x96', 'j', 'r']);
      if (random.once(6)) put(`${opcode}${u32(random.pick(LENGTHS))}${u32(random.pick(LENGTHS))}`);
    },
    () => {
      if (random.once(6)) out += random.bytes(1).toString('latin1');
    },
  ];
  for (let i = 0; i < steps; i++) random.pick(actions)();
  while (marks.length > 0 && !random.once(20)) upToMark('t', 1);
  while (height > 1 && !random.once(20)) take('\x86', 2, 1);
  return Buffer.from(`${out}.`, 'latin1');
}
