import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DurableFileSystem, nodeFileSystem } from '@holdfast/durable';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { CheckpointWritesError } from '../errors.js';
import { parseMarker } from '../read/marker.js';
import { openCheckpoint } from '../read/open.js';
import { readShard } from '../read/shard.js';
import { validateCheckpointPt } from '../validate.js';
import type { Matrix, StorageType } from './parts.js';
import { writeCheckpoint } from './write.js';
import { AsyncCheckpointWriter, type DurableCheckpoint } from './writer.js';
import { WriterThread } from './writer-thread.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
const at = (index: number) => join(folder, `batch_0000${index}.pt`);
const ids = (n: number) => Array.from({ length: n }, (_, i) => `seq_${i}`);
const matrix = (rows: number, dim: number, first = 0) => ({
  data: Float32Array.from({ length: rows * dim }, (_, i) => first + i),
  shape: [rows, dim] as const,
});

/** A file system that delays each creation until it is opened, and can refuse one. */
function gated(refuse?: (path: string) => boolean) {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const fs: DurableFileSystem = {
    ...nodeFileSystem,
    async create(path, options) {
      await gate;
      if (refuse?.(path)) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return nodeFileSystem.create(path, options);
    },
  };
  return { fs, open };
}

test('test_writer_creates_pt_with_done_marker', async () => {
  const writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(at(0), matrix(10, 128), ids(10), { rank: 0 });
  await writer.waitAll();
  const marker = parseMarker(await readFile(`${at(0)}.done`, 'utf8'));
  expect(marker).toMatchObject({ bytes: (await stat(at(0))).size });
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('test_writer_pt_contains_correct_data', async () => {
  const writer = new AsyncCheckpointWriter();
  const embeddings = matrix(4, 3, 0.5);
  await writer.writeCheckpointAsync(at(0), embeddings, ids(4), { rank: 7, model: 'tnf' });
  await writer.waitAll();
  await using checkpoint = await openCheckpoint(at(0));
  expect(checkpoint.shape).toEqual([4, 3]);
  expect(checkpoint.sequenceIds).toEqual(ids(4));
  expect(await checkpoint.readRows()).toEqual(embeddings.data);
  expect(await checkpoint.readRows(1, 3)).toEqual(embeddings.data.slice(3, 9));
  expect(Number(checkpoint.metadata.get('rank'))).toBe(7);
  expect(checkpoint.metadata.get('model')).toBe('tnf');
});

test('test_writer_atomic_write_no_temp_file_remains', async () => {
  const writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.waitAll();
  expect((await readdir(folder)).sort()).toEqual(['batch_00000.pt', 'batch_00000.pt.done']);
});

test('test_writer_copies_numpy_data_safely', async () => {
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs });
  const embeddings = matrix(3, 2);
  const before = embeddings.data.slice();
  const names = ids(3);
  const metadata = { model: 'before' };
  await writer.writeCheckpointAsync(at(0), embeddings, names, metadata);
  embeddings.data.fill(-1);
  names[0] = 'changed';
  metadata.model = 'after';
  open();
  await writer.waitAll();
  await using checkpoint = await openCheckpoint(at(0));
  expect(await checkpoint.readRows()).toEqual(before);
  expect(checkpoint.sequenceIds).toEqual(ids(3));
  expect(checkpoint.metadata.get('model')).toBe('before');
});

test('test_writer_gpu_to_cpu_transfer', async () => {
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs });
  const { data, shape } = matrix(2, 2);
  let downloads = 0;
  const getData = async () => {
    downloads++;
    return data;
  };
  await writer.writeCheckpointAsync(at(0), { shape, getData }, ids(2));
  expect(downloads).toBe(1);
  const before = data.slice();
  data.fill(9);
  open();
  await writer.waitAll();
  await using checkpoint = await openCheckpoint(at(0));
  expect(await checkpoint.readRows()).toEqual(before);
});

test('test_writer_shutdown_waits_for_pending', async () => {
  const writer = new AsyncCheckpointWriter();
  for (let i = 0; i < 3; i++) await writer.writeCheckpointAsync(at(i), matrix(2, 2, i), ids(2));
  await writer.shutdown();
  for (let i = 0; i < 3; i++) expect(await validateCheckpointPt(at(i))).toEqual([true, '']);
});

test('test_writer_async_failure_propagates', async () => {
  const { fs, open } = gated((path) => path.includes('batch_00001.pt'));
  const writer = new AsyncCheckpointWriter({ fs });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.writeCheckpointAsync(at(1), matrix(2, 2), ids(2));
  open();
  const error = await writer.waitAll().then(
    () => null,
    (error: unknown) => error as CheckpointWritesError,
  );
  expect(error).toBeInstanceOf(CheckpointWritesError);
  expect(error?.errors).toHaveLength(1);
  expect(error?.message).toContain(at(1));
  expect(error?.message).toContain('no space left on device');
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
  expect((await readdir(folder)).filter((name) => name.includes('00001'))).toEqual([]);
  // Reported once; the writer goes on when there is space again.
  await writer.waitAll();
});

test('the next call reports a failed write too', async () => {
  const { fs, open } = gated((path) => path.includes('batch_00000.pt'));
  const writer = new AsyncCheckpointWriter({ fs, maxPendingBytes: 1 });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  const next = writer.writeCheckpointAsync(at(1), matrix(2, 2), ids(2));
  open();
  await next;
  await expect(writer.writeCheckpointAsync(at(2), matrix(2, 2), ids(2))).rejects.toThrow('no space');
  await writer.waitAll();
});

test('test_writer_has_pending_returns_true_before_completion', async () => {
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  expect(writer.hasPending()).toBe(true);
  open();
  await writer.waitAll();
  expect(writer.hasPending()).toBe(false);
});

test('beyond maxPendingBytes the caller waits', async () => {
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs, maxPendingBytes: 40 });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.writeCheckpointAsync(at(1), matrix(2, 2), ids(2));
  let accepted = false;
  const third = writer.writeCheckpointAsync(at(2), matrix(2, 2), ids(2)).then(() => {
    accepted = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(accepted).toBe(false);
  open();
  await third;
  await writer.waitAll();
});

test('writers that share a thread leave its closing to its creator', async () => {
  const started: string[] = [];
  const onStart = (thread: { threadName?: string }) => started.push(thread.threadName ?? '');
  process.on('worker', onStart);
  onTestFinished(() => void process.off('worker', onStart));
  const thread = new WriterThread();
  const [first, second] = [new AsyncCheckpointWriter({ thread }), new AsyncCheckpointWriter({ thread })];
  await first.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await second.writeCheckpointAsync(at(1), matrix(2, 2), ids(2));
  await first.shutdown();
  await second.writeCheckpointAsync(at(2), matrix(2, 2), ids(2));
  await second.shutdown();
  expect(started).toHaveLength(1);
  expect((await readdir(folder)).filter((name) => name.endsWith('.pt'))).toHaveLength(3);
  await thread.close();
  const third = new AsyncCheckpointWriter({ thread });
  await third.writeCheckpointAsync(at(3), matrix(2, 2), ids(2));
  await third.shutdown();
  expect(started).toHaveLength(2);
  await thread.close();
});

test('rows, shape and IDs must agree', async () => {
  const writer = new AsyncCheckpointWriter();
  await expect(writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(3))).rejects.toThrow(
    '2 rows but 3 sequence IDs',
  );
  const short = { data: new Float32Array(3), shape: [2, 2] as const };
  await expect(writer.writeCheckpointAsync(at(0), short, ids(2))).rejects.toThrow('3 numbers');
  expect(writer.hasPending()).toBe(false);
});

test('anything but float32 rows is refused before it is accepted, and so is an ID that is not valid text', async () => {
  const writer = new AsyncCheckpointWriter();
  const rows = { data: new Float64Array(4) as unknown as Float32Array, shape: [2, 2] as const };
  await expect(writer.writeCheckpointAsync(at(0), rows, ids(2))).rejects.toThrow(TypeError);
  const half = { type: 'float16', shape: [2, 2] as const, getData: async () => new Float32Array(4) };
  await expect(writer.writeCheckpointAsync(at(0), half, ids(2))).rejects.toThrow('float16');
  await expect(writer.writeCheckpointAsync(at(0), matrix(2, 2), ['a', '\ud800'])).rejects.toThrow('row 1');
  const flat = { data: new Float32Array(2), shape: [2] as unknown as [number, number] };
  await expect(writer.writeCheckpointAsync(at(0), flat, ids(2))).rejects.toThrow('is not [rows, dim]');
  expect(writer.hasPending()).toBe(false);
  expect(() => new AsyncCheckpointWriter({ storage: 'float8' as 'float16' })).toThrow(RangeError);
});

test('a finished checkpoint is never overwritten', async () => {
  const writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.waitAll();
  const before = await readFile(at(0));
  await writer.writeCheckpointAsync(at(0), matrix(3, 2), ids(3));
  await expect(writer.waitAll()).rejects.toThrow('set it aside');
  expect(await readFile(at(0))).toEqual(before);
  await writer.shutdown();
});

test('a device that fails releases its reserved bytes, and the writer goes on', async () => {
  const writer = new AsyncCheckpointWriter({ maxPendingBytes: 16 });
  const lost = { shape: [2, 2] as const, getData: () => Promise.reject(new Error('device lost')) };
  await expect(writer.writeCheckpointAsync(at(0), lost, ids(2))).rejects.toThrow('device lost');
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.shutdown();
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('a disk error leaves the thread with path, code and cause, and the next write succeeds', async () => {
  const missing = join(folder, 'absent', 'batch_00000.pt');
  await using writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(missing, matrix(2, 2), ids(2));
  const failure = (await writer.waitAll().catch((error: unknown) => error)) as CheckpointWritesError;
  expect(failure.errors[0]).toMatchObject({ path: missing, cause: { code: 'ENOENT' } });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.waitAll();
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('if its marker cannot be written, the .pt is removed', async () => {
  const { fs, open } = gated((path) => path.includes('.done'));
  const writer = new AsyncCheckpointWriter({ fs });
  open();
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await expect(writer.waitAll()).rejects.toThrow('no space');
  expect(await readdir(folder)).toEqual([]);
});

test('rows stored as float16 are rounded, the loss is reported, and an overflow is refused', async () => {
  const done: DurableCheckpoint[] = [];
  await using writer = new AsyncCheckpointWriter({
    storage: 'float16',
    onDurable: (checkpoint) => void done.push(checkpoint),
  });
  await writer.writeCheckpointAsync(
    at(0),
    { data: Float32Array.of(1, 0.1, 1e-9, -2), shape: [2, 2] },
    ids(2),
  );
  await writer.waitAll();
  await using checkpoint = await openCheckpoint(at(0));
  const rows = await checkpoint.readRows();
  expect(Array.from(rows)).toEqual([1, 0.0999755859375, 0, -2]);
  const lost = Math.fround(0.1) - 0.0999755859375;
  expect(done[0]).toMatchObject({ path: at(0), rows: 2, loss: { maxAbsoluteError: lost, zeroed: 1 } });
  await writer.writeCheckpointAsync(at(1), { data: Float32Array.of(1e6, 0), shape: [1, 2] }, ids(1));
  await expect(writer.waitAll()).rejects.toThrow('the largest float16 is 65504');
});

test('a checkpoint that may not be durable is removed, and can be written again', async () => {
  let syncs = 0;
  const fs: DurableFileSystem = {
    ...nodeFileSystem,
    async syncDirectory(path) {
      // The second sync is the one after the marker, which is in place by then.
      if (++syncs === 2) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
      await nodeFileSystem.syncDirectory(path);
    },
  };
  const writer = new AsyncCheckpointWriter({ fs });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await expect(writer.waitAll()).rejects.toThrow('i/o error');
  expect(await readdir(folder)).toEqual([]);
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await writer.shutdown();
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('of several writers of one path, one succeeds with a whole file; the others fail', async () => {
  for (let round = 0; round < 10; round++) {
    const path = join(folder, `batch_1000${round}.pt`);
    const writers = Array.from({ length: 4 }, () => new AsyncCheckpointWriter());
    await Promise.all(
      writers.map((writer, i) => writer.writeCheckpointAsync(path, matrix(2000 + i, 3), ids(2000 + i))),
    );
    const ended = await Promise.allSettled(writers.map((writer) => writer.shutdown()));
    const won = ended.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
    expect(won).toHaveLength(1);
    for (const each of ended)
      if (each.status === 'rejected') expect(each.reason.errors[0].cause).toMatchObject({ code: 'EEXIST' });
    await using checkpoint = await openCheckpoint(path);
    expect(checkpoint.shape[0]).toBe(2000 + won[0]!);
  }
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a file without a marker is not overwritten, whoever left it, and stays when the write fails', async () => {
  await writeFile(at(0), 'mine');
  const writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await expect(writer.waitAll()).rejects.toThrow('without a marker');
  expect(await readFile(at(0), 'utf8')).toBe('mine');
  await writer.shutdown();
});

test('IDs and metadata are those of the call, even if it waits for room', async () => {
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs, maxPendingBytes: 1 });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  const names = ids(2);
  const metadata = { nested: [1] } as unknown as Record<string, number>;
  const second = writer.writeCheckpointAsync(at(1), matrix(2, 2), names, metadata);
  names.push('late');
  (metadata['nested'] as unknown as number[]).push(2);
  open();
  await second;
  await writer.shutdown();
  await using checkpoint = await openCheckpoint(at(1));
  expect([checkpoint.sequenceIds, checkpoint.metadata.get('nested')]).toEqual([ids(2), [1]]);
});

test('metadata other than plain data are refused before they are accepted', async () => {
  const writer = new AsyncCheckpointWriter();
  const metadata = { f: () => 1 } as unknown as Record<string, number>;
  await expect(writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2), metadata)).rejects.toThrow(TypeError);
  expect(writer.hasPending()).toBe(false);
  await writer.shutdown();
});

test('onDurable is called one at a time and in order, even after a failed write', async () => {
  const calls: string[] = [];
  const writer = new AsyncCheckpointWriter({
    storage: 'float16',
    onDurable: async ({ path }) => {
      calls.push(`begin ${path.at(-4)}`);
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      calls.push(`end ${path.at(-4)}`);
    },
  });
  for (let i = 0; i < 4; i++)
    await writer.writeCheckpointAsync(at(i), matrix(1, 2, i === 1 ? 1e6 : 0), ids(1));
  await expect(writer.waitAll()).rejects.toThrow('float16');
  expect(calls).toEqual([0, 2, 3].flatMap((i) => [`begin ${i}`, `end ${i}`]));
  await writer.shutdown();
});

test('an error of onDurable is reported as such: the checkpoint is durable', async () => {
  const writer = new AsyncCheckpointWriter({ onDurable: () => Promise.reject(new Error('manifest away')) });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  const failure = (await writer.waitAll().catch((error: unknown) => error)) as CheckpointWritesError;
  expect(failure.errors[0]).toMatchObject({ path: at(0), onDisk: true });
  expect(failure.message).toContain('manifest away');
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
  await writer.shutdown();
});

test('concurrent waiters get the same failure', async () => {
  const writer = new AsyncCheckpointWriter();
  await writer.writeCheckpointAsync(join(folder, 'absent', 'a.pt'), matrix(2, 2), ids(2));
  const ended = await Promise.allSettled([writer.waitAll(), writer.waitAll(), writer.shutdown()]);
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await writer.shutdown();
});

test('a write accepted during shutdown is durable', async () => {
  for (let i = 0; i < 5; i++) {
    const writer = new AsyncCheckpointWriter();
    await writer.writeCheckpointAsync(join(folder, `batch_2000${i}.pt`), matrix(2, 2), ids(2));
    const down = writer.shutdown();
    const late = join(folder, `batch_3000${i}.pt`);
    await writer.writeCheckpointAsync(late, matrix(2, 2), ids(2));
    await down;
    await writer.shutdown();
    expect(await validateCheckpointPt(late)).toEqual([true, '']);
  }
});

test('rows on a device may have their shape under onnxruntime’s name', async () => {
  const writer = new AsyncCheckpointWriter();
  const { data } = matrix(2, 3);
  await writer.writeCheckpointAsync(
    at(0),
    { type: 'float32', dims: [2, 3], getData: async () => data },
    ids(2),
  );
  await writer.shutdown();
  await using checkpoint = await openCheckpoint(at(0));
  expect(await checkpoint.readRows()).toEqual(data);
});

test('a relative path is resolved at the time of the call', async () => {
  const before = process.cwd();
  const { fs, open } = gated();
  const writer = new AsyncCheckpointWriter({ fs });
  try {
    process.chdir(folder);
    await writer.writeCheckpointAsync('batch_00000.pt', matrix(2, 2), ids(2));
  } finally {
    process.chdir(before);
  }
  open();
  await writer.shutdown();
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('writing one checkpoint directly makes the same checks', async () => {
  const write = (rows: Matrix, names: readonly string[], storage?: StorageType) =>
    writeCheckpoint(at(0), rows, names, {}, storage === undefined ? {} : { storage });
  await expect(write(matrix(2, 2), ids(1))).rejects.toThrow('2 rows but 1');
  await expect(write(matrix(2, 2), [1, 2] as unknown as string[])).rejects.toThrow('row 0');
  await expect(write({ ...matrix(2, 2), shape: [2] as unknown as [2, 2] }, ids(2))).rejects.toThrow(
    'is not [rows, dim]',
  );
  await expect(write(matrix(2, 2), ids(2), 'float64' as StorageType)).rejects.toThrow('float64');
  const doubles = { data: new Float64Array(4) as unknown as Float32Array, shape: [2, 2] as const };
  await expect(write(doubles, ids(2), 'float16')).rejects.toThrow(TypeError);
  expect(await readdir(folder)).toEqual([]);
});

test('files are written in the order of the calls, whatever each waits for', async () => {
  const paths: string[] = [];
  const writer = new AsyncCheckpointWriter({
    maxPendingBytes: 1000,
    onDurable: ({ path }) => void paths.push(path),
  });
  const { data, shape } = matrix(10, 10);
  const slow = async () => {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    return data;
  };
  const calls = [
    writer.writeCheckpointAsync(at(0), { shape, getData: slow }, ids(10)),
    writer.writeCheckpointAsync(at(1), matrix(20, 10), ids(20)),
    writer.writeCheckpointAsync(at(2), { shape, getData: () => Promise.reject(new Error('lost')) }, ids(10)),
    writer.writeCheckpointAsync(at(3), matrix(1, 1), ids(1)),
  ];
  expect(writer.hasPending()).toBe(true);
  const ended = await Promise.allSettled(calls);
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  await writer.shutdown();
  expect(paths).toEqual([at(0), at(1), at(3)]);
});

test('invalid options are refused', async () => {
  for (const maxPendingBytes of ['100', 10n, 0, Number.NaN])
    expect(() => new AsyncCheckpointWriter({ maxPendingBytes: maxPendingBytes as number })).toThrow(
      RangeError,
    );
  expect(() => new AsyncCheckpointWriter({ onDurable: 5 as never })).toThrow(TypeError);
  await expect(openCheckpoint(at(0), 'checksums' as never)).rejects.toThrow(RangeError);
  await expect(readShard(folder, { onCorruption: 'Stop' as never }).next()).rejects.toThrow(RangeError);
});

test.each<StorageType>(['float32', 'float16'])(
  'a checkpoint without rows is like any other: %s',
  async (storage) => {
    const done: DurableCheckpoint[] = [];
    await using writer = new AsyncCheckpointWriter({ storage, onDurable: (each) => void done.push(each) });
    await writer.writeCheckpointAsync(at(0), matrix(0, 7), [], { left_out: 3 });
    await writer.writeCheckpointAsync(at(1), matrix(2, 7), ids(2));
    await writer.waitAll();
    expect(done.map(({ rows }) => rows)).toEqual([0, 2]);
    for (const verify of ['checksum', 'length', 'unmarked'] as const) {
      const seen: unknown[] = [];
      for await (const entry of readShard(folder, { verify })) {
        if ('fault' in entry) throw new Error(entry.fault);
        const { shape, sequenceIds } = entry.checkpoint;
        seen.push([shape, sequenceIds, (await entry.checkpoint.readRows()).length, entry.rows]);
        if (shape[0] > 0) continue;
        expect(Number(entry.checkpoint.metadata.get('left_out'))).toBe(3);
        expect(await entry.checkpoint.readVerified(new Float32Array(0))).toBeNull();
      }
      expect(seen).toEqual([
        [[0, 7], [], 0, [0, 0]],
        [[2, 7], ids(2), 14, [0, 2]],
      ]);
    }
  },
);

/** A file system that refuses the first creations of a path's files. */
function fullAtFirst(refusals: number) {
  const asked: string[] = [];
  const fs: DurableFileSystem = {
    ...nodeFileSystem,
    async create(path, options) {
      asked.push(path);
      if (refusals-- > 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      return nodeFileSystem.create(path, options);
    },
  };
  return { fs, asked };
}

test('a failed write is tried again as often as `retry` says so; later ones wait, and callers see no error', async () => {
  const { fs } = fullAtFirst(2);
  const tried: string[] = [];
  const durable: string[] = [];
  const writer = new AsyncCheckpointWriter({
    fs,
    async retry({ path, bytes, error }) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
      expect(bytes).toBe(2 * 2 * 4);
      // The other one must not overtake it: a gap would be damage.
      expect(await readdir(folder)).toEqual([]);
      tried.push(path);
      return true;
    },
    onDurable: ({ path }) => void durable.push(path),
  });
  const rows = matrix(2, 2);
  await writer.writeCheckpointAsync(at(0), rows, ids(2));
  rows.data.fill(-1);
  await writer.writeCheckpointAsync(at(1), matrix(2, 2, 4), ids(2));
  await writer.shutdown();
  expect(tried).toEqual([at(0), at(0)]);
  expect(durable).toEqual([at(0), at(1)]);
  await using first = await openCheckpoint(at(0));
  // Its rows are those of the call, however late they are written.
  expect(await first.readRows()).toEqual(matrix(2, 2).data);
});

test('a write that `retry` gives up on is reported like any other', async () => {
  const { fs, asked } = fullAtFirst(9);
  const writer = new AsyncCheckpointWriter({ fs, retry: async () => asked.length < 3 });
  await writer.writeCheckpointAsync(at(0), matrix(2, 2), ids(2));
  await expect(writer.waitAll()).rejects.toMatchObject({ errors: [{ path: at(0) }] });
  expect(asked).toHaveLength(3);
  expect(await readdir(folder)).toEqual([]);
  await writer.shutdown();
});
