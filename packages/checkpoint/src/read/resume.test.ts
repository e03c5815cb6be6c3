import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tensor } from '@holdfast/pt-serializer';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { checkpointName } from '../names.js';
import { validateCheckpointPt } from '../validate.js';
import { writeCheckpoint, writePtDurably } from '../write/write.js';
import { type Checkpoint, InvalidCheckpointError, openCheckpoint } from './open.js';
import { resumeFromCheckpoints } from './resume.js';
import { readShard, setAside, setAsideOne } from './shard.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
const at = (index: number) => join(folder, `batch_0000${index}.pt`);
const ids = (n: number, prefix = 'seq') => Array.from({ length: n }, (_, i) => `${prefix}_${i}`);
const write = (index: number, rows: number, dim = 3, prefix = `b${index}`) =>
  writeCheckpoint(
    at(index),
    { data: Float32Array.from({ length: rows * dim }, (_, i) => index * 1000 + i), shape: [rows, dim] },
    ids(rows, prefix),
    { rank: 0 },
  );

test('test_validate_empty_file_fails', async () => {
  await writeFile(at(0), '');
  expect(await validateCheckpointPt(at(0))).toEqual([false, 'file is 0 bytes']);
});

test('test_validate_no_done_marker_fails', async () => {
  await write(0, 2);
  await rm(`${at(0)}.done`);
  expect(await validateCheckpointPt(at(0))).toEqual([false, 'missing .done marker']);
});

test('test_validate_corrupt_torch_file_fails', async () => {
  await writeFile(at(0), 'not an archive');
  await writeFile(`${at(0)}.done`, '');
  const [valid, reason] = await validateCheckpointPt(at(0));
  expect(valid).toBe(false);
  expect(reason).toContain('failed to load');
});

test('test_validate_missing_keys_fails', async () => {
  await writePtDurably(at(0), { embeddings: tensor('float32', [1, 2], new Float32Array(2)) });
  await writeFile(`${at(0)}.done`, '');
  expect(await validateCheckpointPt(at(0))).toEqual([false, 'missing required keys: sequence_ids']);
});

test('test_validate_shape_mismatch_fails', async () => {
  const embeddings = tensor('float32', [10, 2], new Float32Array(20));
  await writePtDurably(at(0), { embeddings, sequence_ids: ids(5) });
  await writeFile(`${at(0)}.done`, '');
  const [valid, reason] = await validateCheckpointPt(at(0));
  expect(valid).toBe(false);
  expect(reason).toContain('shape mismatch');
});

test('test_validate_valid_checkpoint_passes', async () => {
  await write(0, 4);
  expect(await validateCheckpointPt(at(0))).toEqual([true, '']);
});

test('any byte added, removed or changed is detected', async () => {
  await write(0, 3);
  const whole = await readFile(at(0));
  await appendFile(at(0), 'x');
  expect((await validateCheckpointPt(at(0)))[0]).toBe(false);
  await truncate(at(0), whole.length - 1);
  expect((await validateCheckpointPt(at(0)))[0]).toBe(false);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (place, bit) => {
      const flipped = Buffer.from(whole);
      flipped[place]! ^= 1 << bit;
      await writeFile(at(0), flipped);
      return !(await validateCheckpointPt(at(0)))[0];
    }),
    { numRuns: 200 },
  );
});

test('test_resume_no_checkpoints_returns_empty_4tuple', async () => {
  expect(await resumeFromCheckpoints(folder)).toEqual([[], null, 0, []]);
  expect(await resumeFromCheckpoints(join(folder, 'absent'))).toEqual([[], null, 0, []]);
});

test('test_resume_force_restart_ignores_checkpoints', async () => {
  await write(0, 2);
  expect(await resumeFromCheckpoints(folder, { forceRestart: true })).toEqual([[], null, 0, []]);
});

test('test_resume_loads_valid_pt_checkpoints_in_order', async () => {
  await write(1, 2);
  await write(0, 3);
  const [names, embeddings, next, corrupted] = await resumeFromCheckpoints(folder);
  expect(names).toEqual([...ids(3, 'b0'), ...ids(2, 'b1')]);
  expect(Array.from(embeddings!.data)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 1000, 1001, 1002, 1003, 1004, 1005,
  ]);
  expect(next).toBe(2);
  expect(corrupted).toEqual([]);
});

test('test_resume_stops_at_corrupted_checkpoint_and_returns_corrupted_ids', async () => {
  for (let i = 0; i < 3; i++) await write(i, 2);
  await rm(`${at(1)}.done`);
  const [names, embeddings, next, corrupted] = await resumeFromCheckpoints(folder);
  expect(names).toEqual(ids(2, 'b0'));
  expect(embeddings?.shape).toEqual([2, 3]);
  expect(next).toBe(1);
  expect(corrupted).toEqual([...ids(2, 'b1'), ...ids(2, 'b2')]);
});

test('test_resume_data_integrity_shapes_align', async () => {
  await write(0, 5, 128);
  await write(1, 3, 128);
  const [names, embeddings] = await resumeFromCheckpoints(folder);
  expect(embeddings?.shape).toEqual([8, 128]);
  expect(names).toHaveLength(8);
});

test('test_resume_data_integrity_no_corruption', async () => {
  const data = Float32Array.from({ length: 30 }, (_, i) => i);
  await writeCheckpoint(at(0), { data, shape: [10, 3] }, ids(10), {});
  const [, embeddings] = await resumeFromCheckpoints(folder);
  expect(embeddings?.data).toEqual(data);
});

test('a gap in the numbering is a fault at the gap', async () => {
  await write(0, 2);
  await write(2, 2);
  const [names, , next, corrupted] = await resumeFromCheckpoints(folder);
  expect([names, next, corrupted]).toEqual([ids(2, 'b0'), 1, ids(2, 'b2')]);
});

test('a checkpoint that is set aside keeps its bytes, frees its number, and leaves no marker behind', async () => {
  for (let i = 0; i < 3; i++) await write(i, 2);
  await rm(at(2));
  const bytes = await readFile(at(1));
  expect(await setAside(folder, 1)).toEqual([`${at(1)}.corrupt`]);
  expect(await readFile(`${at(1)}.corrupt`)).toEqual(bytes);
  await write(1, 1);
  expect(await setAside(folder, 1)).toEqual([`${at(1)}.corrupt.1`]);
  const left = (await readdir(folder)).filter((name) => /^batch_\d+\.pt(\.done)?$/.test(name)).sort();
  expect(left).toEqual(['batch_00000.pt', 'batch_00000.pt.done']);
});

test('a checkpoint that the caller does not accept is a fault with the given reason', async () => {
  await write(0, 2);
  await write(1, 2);
  const seen: unknown[] = [];
  const accept = ({ path }: { path: string }) => (path === at(1) ? 'of another run' : null);
  for await (const entry of readShard(folder, { accept }))
    seen.push('fault' in entry ? entry.fault : entry.index);
  expect(seen).toEqual([0, 'of another run']);
});

test('salvage keeps the valid checkpoints after a bad one, and the next number is after all of them', async () => {
  for (let i = 0; i < 5; i++) await write(i, 2);
  await rm(`${at(1)}.done`);
  await rm(at(3));
  const [names, embeddings, next, corrupted] = await resumeFromCheckpoints(folder, {
    onCorruption: 'salvage',
  });
  expect(names).toEqual([...ids(2, 'b0'), ...ids(2, 'b2'), ...ids(2, 'b4')]);
  expect(Array.from(embeddings!.data)).toEqual(
    [0, 2, 4].flatMap((i) => [0, 1, 2, 3, 4, 5].map((k) => i * 1000 + k)),
  );
  expect([embeddings!.shape, next, corrupted]).toEqual([[6, 3], 5, ids(2, 'b1')]);
});

test('the streaming form gives each checkpoint’s range of rows, even after a fault', async () => {
  for (let i = 0; i < 4; i++) await write(i, i + 1);
  await rm(`${at(1)}.done`);
  const seen: unknown[] = [];
  for await (const entry of readShard(folder, { onCorruption: 'salvage' }))
    seen.push('fault' in entry ? [entry.index, entry.fault] : [entry.index, entry.rows]);
  expect(seen).toEqual([
    [0, [0, 1]],
    [1, 'missing .done marker'],
    [2, [1, 4]],
    [3, [4, 8]],
  ]);
});

test('one of several checkpoints is set aside, and its number is free', async () => {
  for (let i = 0; i < 3; i++) await write(i, 2);
  expect(await setAsideOne(at(1))).toBe(`${at(1)}.corrupt`);
  await write(1, 1);
  const [names] = await resumeFromCheckpoints(folder);
  expect(names).toEqual([...ids(2, 'b0'), ...ids(1, 'b1'), ...ids(2, 'b2')]);
});

test('a checkpoint with other columns than those before it is a fault', async () => {
  await write(0, 2, 3);
  await write(1, 2, 4);
  const [names, , next, corrupted] = await resumeFromCheckpoints(folder);
  expect([names, next, corrupted]).toEqual([ids(2, 'b0'), 1, ids(2, 'b1')]);
});

test.each(['stop', 'salvage'] as const)(
  'a changed byte is detected while the rows are read (%s)',
  async (onCorruption) => {
    for (let i = 0; i < 3; i++) await write(i, 2);
    const bytes = await readFile(at(1));
    // In a row, which only the checksum protects.
    const place = bytes.indexOf(Buffer.from(Float32Array.of(1003).buffer));
    bytes[place]! ^= 1;
    await writeFile(at(1), bytes);
    const [names, embeddings, , corrupted] = await resumeFromCheckpoints(folder, { onCorruption });
    const after = onCorruption === 'stop' ? [] : ids(2, 'b2');
    expect(names).toEqual([...ids(2, 'b0'), ...after]);
    expect(embeddings?.data.length).toBe(names.length * 3);
    expect(corrupted).toEqual([...ids(2, 'b1'), ...(onCorruption === 'stop' ? ids(2, 'b2') : [])]);
  },
);

test.each(['float32', 'float16'] as const)(
  'all rows in parts (%s): read once, and a byte that changed after opening is detected by the end',
  async (storage) => {
    const data = Float32Array.from({ length: 21 }, (_, i) => i);
    const names = ids(7);
    await writeCheckpoint(at(0), { data, shape: [7, 3] }, names, {}, { storage });
    const rows = async (checkpoint: Checkpoint, step: number) => {
      const parts: number[][] = [];
      for await (const part of checkpoint.verifiedRows(step)) parts.push([...part]);
      return parts;
    };
    await using checkpoint = await openCheckpoint(at(0), 'length');
    for (const step of [1, 2, 7, 100]) {
      const parts = await rows(checkpoint, step);
      expect(parts.flat()).toEqual([...data]);
      expect(parts).toHaveLength(Math.ceil(7 / step));
    }
    const bytes = await readFile(at(0));
    for (let place = 0; place < bytes.length; place += 5) {
      const changed = Buffer.from(bytes);
      changed[place]! ^= 0x10;
      await writeFile(at(0), changed);
      await expect(rows(checkpoint, 2)).rejects.toBeInstanceOf(InvalidCheckpointError);
    }
    await truncate(at(0), bytes.length - 1);
    await expect(rows(checkpoint, 2)).rejects.toThrow();
  },
);

test.runIf(existsSync('/proc/self/fd'))(
  'a reader of rows that stops before the end leaves no file open',
  async () => {
    const data = Float32Array.from({ length: 21 }, (_, i) => i);
    await writeCheckpoint(at(0), { data, shape: [7, 3] }, ids(7), {});
    const path = await realpath(at(0));
    const open = async () => {
      const links = await readdir('/proc/self/fd');
      const targets = await Promise.all(links.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
      return targets.filter((target) => target === path).length;
    };
    await using checkpoint = await openCheckpoint(at(0), 'length');
    const before = await open();
    for await (const _ of checkpoint.verifiedRows(2)) break;
    expect(await open()).toBe(before);
  },
);

test('after a crash between setting aside a marker and its checkpoint, the checkpoint is moved, not removed', async () => {
  for (let i = 0; i < 2; i++) await write(i, 2);
  const bytes = await readFile(at(1));
  await rename(`${at(1)}.done`, `${at(1)}.corrupt.done`);
  expect(await setAside(folder, 1)).toEqual([`${at(1)}.corrupt`]);
  expect(await readFile(`${at(1)}.corrupt`)).toEqual(bytes);
});

test('a checkpoint without its marker is unfinished: it is removed, not set aside', async () => {
  for (let i = 0; i < 3; i++) await write(i, 2);
  await rm(`${at(2)}.done`);
  expect(await setAside(folder, 2)).toEqual([]);
  expect((await readdir(folder)).sort()).toEqual(
    [0, 1].flatMap((i) => [`batch_0000${i}.pt`, `batch_0000${i}.pt.done`]),
  );
});

test('rows stored as float16 are resumed, and a changed byte in them is detected', async () => {
  const data = Float32Array.of(1, 2, 3, 4);
  await writeCheckpoint(at(0), { data, shape: [2, 2] }, ids(2), {}, { storage: 'float16' });
  expect((await resumeFromCheckpoints(folder))[1]).toEqual({ data, shape: [2, 2] });
  const bytes = await readFile(at(0));
  bytes[bytes.indexOf(Buffer.from(Uint16Array.of(0x3c00, 0x4000).buffer))]! ^= 1;
  await writeFile(at(0), bytes);
  expect((await resumeFromCheckpoints(folder))[0]).toEqual([]);
});

test('anything else under a checkpoint’s name is a fault at its number, and other names are ignored', async () => {
  await write(0, 2);
  for (const name of ['batch_000001.pt', 'batch_99999999999999999999.pt', 'batch_0001.pt'])
    await writeFile(join(folder, name), 'x');
  expect((await resumeFromCheckpoints(folder))[2]).toBe(1);
  expect(await setAside(folder, 1)).toEqual([]);
  await symlink(join(folder, 'nowhere'), at(2));
  await mkdir(at(3));
  await writeFile(`${at(3)}.done`, '');
  await writeFile(at(4), '');
  await truncate(at(4), 2 ** 42);
  for (const onCorruption of ['stop', 'salvage'] as const)
    expect((await resumeFromCheckpoints(folder, { onCorruption }))[0]).toEqual(ids(2, 'b0'));
  const faults: unknown[] = [];
  for await (const entry of readShard(folder, { onCorruption: 'salvage' }))
    faults.push('fault' in entry ? entry.fault : entry.index);
  expect(faults).toEqual([
    0,
    'file is missing',
    'file is missing',
    'not a regular file',
    'missing .done marker',
  ]);
  expect(await validateCheckpointPt(at(3))).toEqual([false, 'not a regular file']);
  // The file without a marker is unfinished and was removed.
  expect(await setAside(folder, 1)).toHaveLength(2);
  expect(existsSync(at(4))).toBe(false);
});

test('a gap is one fault, however wide', async () => {
  await write(0, 1);
  await writeCheckpoint(
    join(folder, 'batch_900000000.pt'),
    { data: new Float32Array(3), shape: [1, 3] },
    ['z'],
    {},
  );
  const seen: unknown[] = [];
  for await (const entry of readShard(folder, { onCorruption: 'salvage' }))
    seen.push('fault' in entry ? [entry.index, entry.fault] : entry.index);
  expect(seen).toEqual([0, [1, '899999999 files are missing'], 900000000]);
});

test('a checkpoint without rows may be followed by any', async () => {
  await writeCheckpoint(at(0), { data: new Float32Array(0), shape: [0, 0] }, [], {});
  expect((await resumeFromCheckpoints(folder))[1]?.shape).toEqual([0, 0]);
  await write(1, 2);
  await writeCheckpoint(at(2), { data: new Float32Array(0), shape: [0, 7] }, [], {});
  await write(3, 1);
  const [names, embeddings, next, corrupted] = await resumeFromCheckpoints(folder);
  expect([names, embeddings?.shape, next, corrupted]).toEqual([
    [...ids(2, 'b1'), ...ids(1, 'b3')],
    [3, 3],
    4,
    [],
  ]);
});

test('rows without columns count', async () => {
  await writeCheckpoint(at(0), { data: new Float32Array(0), shape: [3, 0] }, ids(3), {});
  expect((await resumeFromCheckpoints(folder))[1]?.shape).toEqual([3, 0]);
});

test('an invalid number has no name', () => {
  for (const index of [-1, 1.5, Number.NaN, 2 ** 53, undefined as unknown as number])
    expect(() => checkpointName(index)).toThrow(RangeError);
});

test('a killed writer’s unfinished files are removed when their number is freed', async () => {
  await write(0, 1);
  const begun = [
    'batch_00001.pt.0123456789ab.tmp',
    'batch_00001.pt.done.0123456789ab.tmp',
    'batch_00001.pt.tmp',
    // Its marker already had its final name.
    'batch_00000.pt.done.0123456789ab.tmp',
  ];
  const kept = ['notes.tmp'];
  for (const name of [...begun, ...kept]) await writeFile(join(folder, name), '');
  await setAside(folder, 1);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp')).sort()).toEqual(kept.sort());
});

test('an error of the machine is thrown, not treated as damage', async () => {
  await write(0, 1);
  await write(1, 1);
  const loop = join(folder, 'loop');
  await symlink(loop, loop);
  for (const name of [`${at(1)}.done`, at(1)]) {
    await rename(name, `${name}.away`);
    await symlink(loop, name);
    for (const onCorruption of ['stop', 'salvage'] as const)
      await expect(resumeFromCheckpoints(folder, { onCorruption })).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(validateCheckpointPt(at(1))).rejects.toMatchObject({ code: 'ELOOP' });
    await rm(name);
    await rename(`${name}.away`, name);
  }
  expect((await resumeFromCheckpoints(folder))[2]).toBe(2);
});

test('a marker that is a pipe, a folder or huge counts as damaged', async () => {
  for (const [index, make] of [
    (path: string) => execFileSync('mkfifo', [path]),
    (path: string) => mkdir(path),
    async (path: string) => {
      await writeFile(path, '');
      await truncate(path, 2 ** 40);
    },
  ].entries()) {
    await write(index, 1);
    await rm(`${at(index)}.done`);
    await make(`${at(index)}.done`);
    expect(await validateCheckpointPt(at(index))).toEqual([false, 'damaged .done marker']);
  }
});

test('files set aside earlier are never overwritten', async () => {
  await write(0, 1);
  await writeFile(`${at(0)}.corrupt.done`, 'mine');
  await symlink(join(folder, 'nowhere'), `${at(0)}.corrupt.1`);
  expect(await setAsideOne(at(0))).toBe(`${at(0)}.corrupt.2`);
  expect(await readFile(`${at(0)}.corrupt.done`, 'utf8')).toBe('mine');
});
