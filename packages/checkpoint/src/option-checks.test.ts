import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { checkpointIndex, checkpointName, markerPath } from './names.js';
import { formatMarker, parseMarker } from './read/marker.js';
import { openCheckpoint } from './read/open.js';
import { resumeFromCheckpoints } from './read/resume.js';
import { checkpointIndexes, readShard, removeTemporaries, setAside, setAsideOne } from './read/shard.js';
import { validateCheckpointPt } from './validate.js';
import { writeCheckpoint, writePtDurably } from './write/write.js';
import { AsyncCheckpointWriter } from './write/writer.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-options-'));
});
const path = () => join(folder, 'batch_00000.pt');
const rows = { data: new Float32Array(2), shape: [1, 2] as const };
const notObjects = [null, 5, 'x', [], new Map()];

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const writer = async (options: Any) => new AsyncCheckpointWriter(options);
const write = (options: Any) => writeCheckpoint(path(), rows, ['a'], {}, options);
const read = (options: Any) => readShard(folder, options).next();
const resume = (options: Any) => resumeFromCheckpoints(folder, options);
const pair = { data: new Float32Array(4), shape: [2, 2] as const };
const notPaths = [undefined, null, 5, '', ' ', {}];
const notMetadata = [undefined, null, 5, 'x', [], new Map([['a', 1]]), new Date()];
const writeRows = (given: Any) => writeCheckpoint(path(), given, ['a'], {});
const queue = (...given: Any[]) =>
  Reflect.apply(
    AsyncCheckpointWriter.prototype.writeCheckpointAsync,
    new AsyncCheckpointWriter(),
    given as Any,
  );

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, writer],
  ['maxPendingByte', [5, undefined], (maxPendingByte) => writer({ maxPendingByte })],
  ['maxPendingBytes', [0, -1, Number.NaN, '5', null], (maxPendingBytes) => writer({ maxPendingBytes })],
  ['storage', ['float8', 16, null], (storage) => writer({ storage })],
  ['thread', [{}, 5, null], (thread) => writer({ thread })],
  ['onDurable', [5, {}, null], (onDurable) => writer({ onDurable })],
  ['fs', [{}, 'node', null, { create: () => 1 }], (fs) => writer({ fs })],
  ['', notObjects, write],
  ['onlyNew', [true], (onlyNew) => write({ onlyNew })],
  ['storage', ['float8'], (storage) => write({ storage })],
  ['fs', [{}], (fs) => write({ fs })],
  ['', notObjects, (options) => writePtDurably(path(), null, options)],
  ['only_new', [true], (only_new) => writePtDurably(path(), null, { only_new } as Any)],
  ['onlyNew', [1, 'yes'], (onlyNew) => writePtDurably(path(), null, { onlyNew })],
  ['', notObjects, read],
  ['oncorruption', ['salvage'], (oncorruption) => read({ oncorruption })],
  ['onCorruption', ['Stop', true, null], (onCorruption) => read({ onCorruption })],
  ['verify', ['checksums', false], (verify) => read({ verify })],
  ['accept', [true, {}], (accept) => read({ accept })],
  ['', notObjects, resume],
  ['force_restart', [true], (force_restart) => resume({ force_restart })],
  ['forceRestart', ['false', 0, 1], (forceRestart) => resume({ forceRestart })],
  ['onCorruption', ['go on'], (onCorruption) => resume({ onCorruption, forceRestart: true })],
  ['verify', ['checksums', true, null], (verify) => openCheckpoint(path(), verify)],
  ['from', ['0', -1, 0.5, Number.NaN, undefined], (from) => setAside(folder, from)],
  ['', notObjects, (options) => setAside(folder, 0, options)],
  ['fs', [{}], (fs) => setAside(folder, 0, { fs })],
  ['', notObjects, (options) => setAsideOne(path(), options)],
  ['bytes', [-1, Number.NaN, '5'], async (bytes) => formatMarker({ bytes, crc32: 0 })],
  ['crc32', [-1, Number.NaN, 2 ** 32, 'ab'], async (crc32) => formatMarker({ bytes: 1, crc32 })],
  ['path', notPaths, (wrong) => writeCheckpoint(wrong, rows, ['a'], {})],
  ['embeddings', [undefined, null, 5, 'rows'], (wrong) => writeCheckpoint(path(), wrong, ['a'], {})],
  ['embeddings.shape', [[1], [1, 3.5], [2, 2], undefined, 5], (shape) => writeRows({ ...rows, shape })],
  [
    'embeddings.data',
    [[1, 2], new Float64Array(2), new Float32Array(3), null],
    (data) => writeRows({ ...rows, data }),
  ],
  ['sequenceIds', [undefined, null, 5, 'a', new Set(['a'])], (ids) => writeCheckpoint(path(), rows, ids, {})],
  ['sequenceIds[0]', [5, undefined, '\ud800'], (id) => writeCheckpoint(path(), rows, [id], {})],
  ['sequenceIds[1]', ['a'], (id) => writeCheckpoint(path(), pair, ['a', id], {})],
  ['metadata', notMetadata, (metadata) => writeCheckpoint(path(), rows, ['a'], metadata)],
  ['path', notPaths, (wrong) => queue(wrong, rows, ['a'])],
  ['embeddings', [undefined, null, 5, 'rows'], (wrong) => queue(path(), wrong, ['a'])],
  ['embeddings.shape', [[1], [2, 2], undefined, 5], (shape) => queue(path(), { ...rows, shape }, ['a'])],
  ['embeddings.data', [[1, 2], new Float32Array(3)], (data) => queue(path(), { ...rows, data }, ['a'])],
  [
    'embeddings.type',
    ['float16'],
    (type) => queue(path(), { ...rows, type, getData: async () => rows.data }, ['a']),
  ],
  ['sequenceIds', [undefined, null, 5, 'a'], (ids) => queue(path(), rows, ids)],
  ['sequenceIds[1]', ['a', 5], (id) => queue(path(), pair, ['a', id])],
  ['metadata', notMetadata.slice(1), (metadata) => queue(path(), rows, ['a'], metadata)],
  ['metadata', [{ f: () => 1 }], (metadata) => queue(path(), rows, ['a'], metadata)],
  ['path', notPaths, (wrong) => writePtDurably(wrong, null)],
  ['path', notPaths, (wrong) => openCheckpoint(wrong)],
  ['path', notPaths, (wrong) => validateCheckpointPt(wrong)],
  ['path', notPaths, (wrong) => setAsideOne(wrong)],
  ['path', notPaths, async (wrong) => markerPath(wrong)],
  ['folder', notPaths, (wrong) => checkpointIndexes(wrong)],
  ['folder', notPaths, (wrong) => readShard(wrong).next()],
  ['folder', notPaths, (wrong) => resumeFromCheckpoints(wrong)],
  ['folder', notPaths, (wrong) => setAside(wrong, 0)],
  ['folder', notPaths, (wrong) => removeTemporaries(wrong)],
  ['index', [undefined, null, '0', -1, 0.5], async (index) => checkpointName(index)],
  ['name', [undefined, null, 5], async (name) => checkpointIndex(name)],
  ['marker', [undefined, null, 5], async (marker) => formatMarker(marker)],
  ['text', [undefined, null, 5, {}], async (text) => parseMarker(text)],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
  expect(await readdir(folder)).toEqual([]);
});

test('undefined options count as absent', async () => {
  await read({ onCorruption: undefined, verify: undefined, accept: undefined });
  await resume({ forceRestart: undefined });
  const given = { fs: undefined, storage: undefined, thread: undefined, maxPendingBytes: undefined };
  await (await writer({ ...given, onDurable: undefined })).shutdown();
});

test('two rows with one ID, and invalid metadata, are refused with a clear message', async () => {
  await expect(writeCheckpoint(path(), pair, ['a', 'a'], {})).rejects.toThrow(
    `${path()}: rows 0 and 1 have the same ID, "a"; give each row its own ID`,
  );
  await expect(writeCheckpoint(path(), rows, ['a'], 5 as Any)).rejects.toThrow(
    'writeCheckpoint: metadata is 5; it must be a plain object of facts',
  );
});

test('rows are read only into an array of their size, and in whole steps', async () => {
  const at = join(await mkdtemp(join(tmpdir(), 'checkpoint-room-')), 'batch_00000.pt');
  await writeCheckpoint(at, pair, ['a', 'b'], {});
  await using checkpoint = await openCheckpoint(at);
  for (const wrong of [undefined, new Float32Array(3), new Float32Array(5), new Float64Array(4)])
    await expect(checkpoint.readVerified(wrong as Any)).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'target',
    });
  for (const step of [undefined, -1, 0.5, Number.NaN, '1'])
    await expect(checkpoint.verifiedRows(step as Any).next()).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'step',
    });
  expect(await checkpoint.readVerified(new Float32Array(4))).toBeNull();
});
