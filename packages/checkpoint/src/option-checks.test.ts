import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  AsyncCheckpointWriter,
  formatMarker,
  openCheckpoint,
  readShard,
  resumeFromCheckpoints,
  setAside,
  setAsideOne,
  writeCheckpoint,
  writePtDurably,
} from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-options-'));
});
const path = () => join(folder, 'batch_00000.pt');
const rows = { data: new Float32Array(2), shape: [1, 2] as const };
const notObjects = [null, 5, 'x', [], new Map()];

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript may hand over.
type Any = any;
const writer = async (options: Any) => new AsyncCheckpointWriter(options);
const write = (options: Any) => writeCheckpoint(path(), rows, ['a'], {}, options);
const read = (options: Any) => readShard(folder, options).next();
const resume = (options: Any) => resumeFromCheckpoints(folder, options);

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
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
  expect(await readdir(folder)).toEqual([]);
});

test('options that are undefined are as good as absent', async () => {
  await read({ onCorruption: undefined, verify: undefined, accept: undefined });
  await resume({ forceRestart: undefined });
  const given = { fs: undefined, storage: undefined, thread: undefined, maxPendingBytes: undefined };
  await (await writer({ ...given, onDurable: undefined })).shutdown();
});
