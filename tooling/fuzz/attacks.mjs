// Writes the hand-made attacks on @holdfast/pt-serializer: node tooling/fuzz/attacks.mjs [FOLDER]
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { global, int, storage, tensor, text, tuple } from './pickles.mjs';
import { zip } from './zip.mjs';

const latin1 = (content) => Buffer.from(content, 'latin1');
const u64 = (value) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes.toString('latin1');
};
const DATA = 'abcdef';

/** Members of a sound archive around a pickle. */
function members(pickle, more = []) {
  const all = [['a/data.pkl', `\x80\x02${pickle}`], ['a/data/0', DATA], ...more, ['a/version', '3\n']];
  return all.map(([name, content]) => ({ name, bytes: latin1(content) }));
}
const archive = (pickle, more) => zip(members(pickle, more));

/** The container before PyTorch 1.6 around a pickle and what follows its pickles. */
function legacy(pickle, keys = ']X\x01\0\0\x000a.', data = u64(DATA.length) + DATA) {
  const magic = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.';
  const system = `\x80\x02}(${text('little_endian')}\x88u.`;
  return latin1(`${magic}\x80\x02M\xe9\x03.${system}\x80\x02${pickle}\x80\x02${keys}${data}`);
}
/** A tensor of the legacy container, whose ids have a sixth item. */
const legacyTensor = (elements, view = 'N') =>
  `${global('torch._utils', '_rebuild_tensor_v2')}(${storage(elements, 'ByteStorage', '0', view)}${int(0)}${int(elements)}\x85${int(1)}\x85\x89}tR.`;

const whole = (offset, size, stride) => `${tensor(DATA.length, offset, size, stride)}.`;
const six = [int(0), tuple(int(6)), tuple(int(1))];
/** `t = (t, t)` a hundred times: 2^100 items as a tree. */
const shared = (() => {
  let out = ')q\x00';
  for (let i = 0; i < 100; i++)
    out += `0h${String.fromCharCode(i)}h${String.fromCharCode(i)}\x86q${String.fromCharCode(i + 1)}`;
  return out;
})();
const numpy = (bytes, { code = 'u1', size = int(3), order = '|' } = {}) => {
  const dtype = `${global('numpy', 'dtype')}${text(code)}\x85R(K\x03${text(order)}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb`;
  const data = `${global('_codecs', 'encode')}${text(bytes)}${text('latin1')}\x86R`;
  return `${global('numpy.core.multiarray', '_reconstruct')})R(K\x01${size}\x85${dtype}\x89${data}tb.`;
};
const big = (value) => `\x8a\x08${u64(value)}`;
const RUN = `${text('touch pwned')}\x85R.`;
const names = 'os.system';

/** Name, bytes, the code of the refusal (null where it is harmless and read), and what the message says. */
const attacks = [
  ['code_by_global', archive(`${global('os', 'system')}.`), 'forbidden', names],
  ['code_by_reduce', archive(`${global('os', 'system')}${RUN}`), 'forbidden', names],
  ['code_by_stack_global', archive(`${text('os')}${text('system')}\x93${RUN}`), 'forbidden', names],
  ['code_by_short_stack_global', archive(`\x8c\x02os\x8c\x06system\x93${RUN}`), 'forbidden', names],
  ['code_by_inst', archive(`(${text('touch pwned')}ios\nsystem\n.`), 'forbidden', names],
  ['code_by_obj', archive(`(${global('os', 'system')}${text('touch pwned')}o.`), 'forbidden', names],
  ['code_by_newobj', archive(`${global('os', 'system')}${text('touch pwned')}\x85\x81.`), 'forbidden', names],
  ['code_by_newobj_ex', archive(`${global('os', 'system')})}\x92.`), 'forbidden', names],
  ['code_by_build', archive(`${global('os', 'system')}}b.`), 'forbidden', names],
  ['code_by_build_of_a_name', archive(`${global('collections', 'OrderedDict')}}b.`), 'forbidden', 'state'],
  ['code_by_build_of_a_tensor', archive(`${tensor(6, ...six)}}b.`), 'forbidden', 'state'],
  ['code_by_extension', archive('\x82\x01.'), 'pickle', '0x82'],
  ['code_below_what_is_dropped', archive(`${global('builtins', 'eval')}0N.`), 'forbidden', 'builtins.eval'],
  [
    'code_in_a_storage_id',
    archive(`(${text('storage')}${global('os', 'system')}${text('0')}${text('cpu')}K\x06tQ.`),
    'forbidden',
    names,
  ],
  [
    'code_by_a_name_of_every_object',
    archive(`${global('torch', 'constructor')}.`),
    'forbidden',
    'torch.constructor',
  ],
  ['code_by_a_call_of_a_type', archive(`${global('torch', 'float32')})R.`), 'forbidden', 'not callable'],
  ['code_by_a_call_of_a_list', archive(`])R.`), 'forbidden', 'not callable'],
  ['code_in_the_old_container', legacy(`${global('os', 'system')}${RUN}`), 'forbidden', names],
  [
    'code_in_the_keys_of_the_old_container',
    legacy(legacyTensor(6), `${global('os', 'system')}${RUN}`),
    'forbidden',
    names,
  ],

  ['shared_exponentially', archive(`${shared}.`), null, ''],
  ['shared_exponentially_as_a_key', archive(`${shared}1}h\x64K\x01s.`.replace('1}', '0}')), null, ''],
  [
    'shared_exponentially_as_a_shape',
    archive(`${shared}0${tensor(6, int(0), 'h\x64', 'h\x64')}.`),
    'tensor',
    'size, stride or offset',
  ],
  [
    'shared_exponentially_as_a_dtype',
    archive(`${shared}0${global('numpy', 'dtype')}h\x64\x85R.`),
    'unsupported',
    'numpy dtype',
  ],
  ['memo_slot_beyond_all', archive('Nr\xff\xff\xff\xff0j\xfe\xff\xff\xff.'), 'pickle', '4294967294'],
  ['memo_slot_sparse', archive('Nr\xff\xff\xff\xff0j\xff\xff\xff\xff.'), null, ''],
  ['long4_huge', archive('\x8b\xff\xff\xff\x7f.'), 'pickle', 'announced'],
  ['long4_negative', archive('\x8b\xff\xff\xff\xff.'), 'pickle', 'announced'],
  ['frame_huge', archive(`\x95${u64(2n ** 63n)}N.`), 'pickle', 'announced'],
  ['text_huge', archive(`\x8d${u64(2n ** 40n)}N.`), 'pickle', 'announced'],
  ['bytes_huge', archive(`\x8e${u64(2n ** 64n - 1n)}N.`), 'pickle', 'announced'],
  ['bytearray_huge', archive(`\x96${u64(2n ** 31n)}N.`), 'pickle', 'announced'],
  [
    'encoded_again_and_again',
    archive(
      `X\0\x08\0\0${'x'.repeat(2048)}q\x000${`${global('_codecs', 'encode')}h\x00${text('latin1')}\x86R0`.repeat(80)}N.`,
    ),
    'limit',
    'converts more',
  ],
  ['nested_deep', archive(`${']'.repeat(20_000)}${'a'.repeat(19_999)}.`), 'limit', 'limits.depth'],
  ['nested_deep_tuples', archive(`)${'\x85'.repeat(20_000)}.`), 'limit', 'limits.depth'],
  ['key_that_is_a_list', archive('}]Ns.'), 'pickle', 'key'],
  ['key_that_holds_a_list', archive('}]\x85Ns.'), 'pickle', 'key'],
  ['key_of_itself', archive('}q\x00h\x00Ns.'), 'pickle', 'key'],
  ['key_without_a_value', archive('}(Nu.'), 'pickle', 'no value'],
  ['key_proto', archive(`}${text('__proto__')}}${text('polluted')}\x88ss.`), null, ''],
  ['tuple_appended_to', archive(')Na.'), 'pickle', 'other than a list'],
  ['frozenset_added_to', archive('(\x91(N\x90.'), 'pickle', 'other than a set'],
  ['list_that_holds_itself', archive(']q\x00h\x00a.'), null, ''],
  ['more_after_the_end', archive('N.N'), 'pickle', 'follow the end'],
  ['two_values', archive('NN.'), 'pickle', 'more than one'],
  ['no_value', archive('.'), 'pickle', 'stack is empty'],
  ['name_for_a_value', archive(`${global('collections', 'OrderedDict')}.`), 'pickle', 'name'],
  [
    'array_without_state',
    archive(`]${global('numpy.core.multiarray', '_reconstruct')})Ra.`),
    'pickle',
    'unfinished',
  ],
  ['text_not_utf8', archive('X\x02\0\0\0\xff\xfe.'), 'pickle', 'UTF-8'],

  ['storage_short', archive(`${tensor(7, ...six)}.`), 'tensor', 'has 6 bytes, not 7'],
  [
    'storage_long',
    archive(`${tensor(5, int(0), tuple(int(5)), tuple(int(1)))}.`),
    'tensor',
    'has 6 bytes, not 5',
  ],
  [
    'storage_missing',
    archive(`${tensor(6, ...six)}.`.replace(text('0'), text('7'))),
    'zip',
    'data/7 is missing',
  ],
  [
    'storage_outside',
    archive(`${tensor(6, ...six)}.`.replace(text('0'), text('../../etc/passwd'))),
    'pickle',
    'no name',
  ],
  ['storage_count_negative', archive(`${tensor(-1, ...six)}.`), 'pickle', 'number of elements'],
  ['offset_beyond', archive(whole(int(1), tuple(int(6)), tuple(int(1)))), 'tensor', 'reach beyond'],
  ['offset_negative', archive(whole(int(-1), tuple(int(2)), tuple(int(1)))), 'tensor', '-1 is not a size'],
  [
    'stride_beyond',
    archive(whole(int(0), tuple(int(2), int(3)), tuple(int(4), int(1)))),
    'tensor',
    'reach beyond',
  ],
  ['stride_negative', archive(whole(int(5), tuple(int(2)), tuple(int(-1)))), 'tensor', '-1 is not a size'],
  ['size_negative', archive(whole(int(0), tuple(int(-1)), tuple(int(1)))), 'tensor', '-1 is not a size'],
  ['size_beyond', archive(whole(int(0), tuple(int(7)), tuple(int(1)))), 'tensor', 'reach beyond'],
  [
    'size_overflowing',
    archive(whole(int(0), tuple(big(2n ** 52n), big(2n ** 52n)), tuple(int(0), int(0)))),
    'tensor',
    'at most',
  ],
  [
    'size_overflowing_to_zero',
    archive(whole(int(0), tuple(big(2n ** 32n), big(2n ** 32n)), tuple(int(1), int(1)))),
    'tensor',
    'at most',
  ],
  [
    'size_beyond_integers',
    archive(whole(int(0), tuple('\x8a\x09\0\0\0\0\0\0\0\0\x01'), tuple(int(0)))),
    'tensor',
    'is not a size',
  ],
  [
    'stride_overflowing',
    archive(whole(int(0), tuple(int(3)), tuple(big(2n ** 53n - 1n)))),
    'tensor',
    'reach beyond',
  ],
  [
    'size_float',
    archive(whole(int(0), tuple(`G\x3f\xf0${'\0'.repeat(6)}`), tuple(int(1)))),
    'tensor',
    'is not a size',
  ],
  ['size_bool', archive(whole(int(0), tuple('\x88'), tuple(int(1)))), 'tensor', 'is not a size'],
  [
    'rank_unequal',
    archive(whole(int(0), tuple(int(2), int(3)), tuple(int(1)))),
    'tensor',
    '2 sizes but 1 strides',
  ],
  [
    'rank_65',
    archive(whole(int(0), tuple(...Array(65).fill(int(1))), tuple(...Array(65).fill(int(1))))),
    'tensor',
    '65 dimensions',
  ],
  [
    'element_repeated_2_to_40',
    archive(whole(int(0), tuple(big(2n ** 40n)), tuple(int(0)))),
    'limit',
    'limits.expandedBytes',
  ],
  [
    'flag_conjugate',
    archive(
      `${global('torch._utils', '_rebuild_tensor_v2')}(${storage(6)}${int(0)}${int(6)}\x85${int(1)}\x85\x89}}${text('conj')}\x88stR.`,
    ),
    'unsupported',
    'conj',
  ],
  [
    'dtype_of_objects',
    archive(`${global('numpy', 'dtype')}${text('O')}\x85R.`),
    'unsupported',
    'numpy dtype',
  ],
  ['array_short', archive(numpy('ab')), 'tensor', 'has 2 bytes, not 3'],
  ['array_long', archive(numpy('abcd')), 'tensor', 'has 4 bytes, not 3'],
  ['array_huge', archive(numpy('abc', { size: big(2n ** 62n) })), 'tensor', 'no shape'],
  ['quantised', archive(`${global('torch._utils', '_rebuild_qtensor')}.`), 'forbidden', '_rebuild_qtensor'],

  ['checksum_of_the_pickle', zip(members('N.'), (_, i) => (i === 0 ? { crc: 1 } : {})), 'checksum', 'CRC-32'],
  [
    'checksum_of_a_storage',
    zip(members(`${tensor(6, ...six)}.`), (_, i) => (i === 1 ? { crc: 1 } : {})),
    'checksum',
    'CRC-32',
  ],
  ['zip_bomb', bomb(), 'zip', 'compressed'],
  ['zip_bomb_of_overlaps', overlaps(), 'zip', 'overlap'],
  ['members_of_one_name', archive('N.', [['a/data/0', 'other!']]), 'zip', 'two members'],
  ['member_traversing', archive('N.', [['a/../../etc/passwd', 'x']]), 'zip', 'plain path'],
  ['member_absolute', archive('N.', [['/etc/passwd', 'x']]), 'zip', 'plain path'],
  ['member_backslash', archive('N.', [['a/..\\x', 'x']]), 'zip', 'plain path'],
  ['member_with_nul', archive('N.', [['a/x\0y', 'x']]), 'zip', 'plain path'],
  ['member_in_no_folder', archive('N.', [['x', 'x']]), 'zip', 'not in a folder'],
  [
    'member_named_otherwise_locally',
    zip(members('N.'), (_, i) => (i === 1 ? { localName: 'a/data/1' } : {})),
    'zip',
    'local header',
  ],
  ['member_encrypted', zip(members('N.'), (_, i) => (i === 1 ? { flags: 1 } : {})), 'zip', 'encrypted'],
  [
    'member_beyond_the_file',
    zip(members('N.'), (_, i) => (i === 1 ? { at: 0x7fffffff } : {})),
    'zip',
    'reach beyond',
  ],
  [
    'member_longer_than_the_file',
    zip(members('N.'), (_, i) => (i === 1 ? { size: 0x7fffffff, compressed: 0x7fffffff } : {})),
    'zip',
    'central directory',
  ],
  ['members_65535', count(zip(members('N.')), 0xfffe), 'zip', 'central entry'],
  ['members_none', count(zip(members('N.')), 0), 'zip', 'more than its members'],
  ['byteorder_unknown', archive('N.', [['a/byteorder', 'middle']]), 'zip', 'byte order'],
  ['torchscript', archive('N.', [['a/constants.pkl', 'x']]), 'unsupported', 'TorchScript'],
  ['torchscript_first', latin1('PYTORCH1 and more'), 'unsupported', 'TorchScript'],
  ['tar', latin1(`${'\0'.repeat(257)}ustar${'\0'.repeat(762)}`), 'unsupported', 'tar'],
  ['pickle_bare', latin1('\x80\x02N.'), 'zip', 'no zip'],

  ['old_sound', legacy(legacyTensor(6)), null, ''],
  ['old_cut', legacy(legacyTensor(6), undefined, `${u64(6)}abc`), 'zip', 'truncated'],
  ['old_count_wrong', legacy(legacyTensor(6), undefined, `${u64(5)}abcde`), 'tensor', 'has 5 elements'],
  [
    'old_count_huge',
    legacy(legacyTensor(6), undefined, `${u64(2n ** 63n)}abcdef`),
    'tensor',
    'elements, not 6',
  ],
  ['old_storage_twice', legacy(legacyTensor(6), ']X\x01\0\0\x000aX\x01\0\0\x000a.'), 'zip', 'a duplicate'],
  ['old_storage_missing', legacy(legacyTensor(6), '].', ''), 'zip', 'missing'],
  ['old_storage_of_no_tensor', legacy('N.'), 'zip', 'no tensor uses'],
  [
    'old_more_after_the_end',
    legacy(legacyTensor(6), undefined, `${u64(6)}abcdefg`),
    'zip',
    'follow the last',
  ],
  ['old_view_outside', legacy(legacyTensor(6, tuple(text('v'), int(3), int(4)))), 'tensor', 'is outside it'],
  [
    'old_view_negative',
    legacy(legacyTensor(6, tuple(text('v'), int(-1), int(4)))),
    'tensor',
    'is outside it',
  ],
  [
    'old_version',
    latin1(legacy('N.').toString('latin1').replace('M\xe9\x03.', 'M\xea\x03.')),
    'zip',
    'version 1002',
  ],
  ['old_cut_in_a_pickle', legacy(legacyTensor(6)).subarray(0, 90), 'pickle', 'announced'],
];

/** A megabyte of zeros in a thousand bytes. */
function bomb() {
  const zeros = Buffer.alloc(1 << 20);
  const all = members('N.', [['a/data/1', deflateRawSync(zeros).toString('latin1')]]);
  return zip(all, (_, i) => (i === 2 ? { method: 8, size: zeros.length } : {}));
}

/** Members whose bytes are all the same ones. */
function overlaps() {
  const inner = zip([{ name: 'a/data/9', bytes: latin1('x'.repeat(100)) }]).subarray(0, 138);
  const outer = { name: 'a/data/8', bytes: inner };
  const all = [
    ...members('N.').slice(0, 2),
    outer,
    { name: 'a/data/9', bytes: latin1('x'.repeat(100)) },
    members('N.').at(-1),
  ];
  let start = 0;
  return zip(all, ({ name }, _, offset) => {
    if (name === 'a/data/8') start = offset + 30 + name.length;
    return name === 'a/data/9' ? { at: start } : {};
  });
}

/** A zip whose end record counts so many members. */
function count(bytes, number) {
  bytes.writeUInt16LE(number, bytes.length - 12);
  return bytes;
}

const folder =
  process.argv[2] ?? fileURLToPath(new URL('../../packages/pt-serializer/test/attacks', import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const table = {};
for (const [name, bytes, code, says] of attacks) {
  writeFileSync(join(folder, `${name}.pt`), bytes);
  table[name] = { code, says };
}
writeFileSync(join(folder, 'attacks.json'), `${JSON.stringify(table, null, 2)}\n`);
