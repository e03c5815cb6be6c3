import { expect, test } from 'vitest';
import { diskNeed, type RunSize } from './disk-need.js';

const shard = (number: number, firstPosition: number, endPosition: number) => ({
  shard: number,
  firstBatch: 0,
  endBatch: 1,
  firstPosition,
  endPosition,
});

const SIZE: RunSize = {
  dim: 100,
  bytes: 4,
  valueBytes: 0,
  sequences: 1000,
  positions: 1000,
  idBytes: 10_000,
  tableBytes: 0,
  shards: [shard(0, 0, 500), shard(1, 500, 1000)],
  done: [0, 0],
  seqThreshold: 10_000,
  format: 'safetensors',
};

test('a new run: its rows twice, with their IDs', () => {
  const { checkpoints, result } = diskNeed(SIZE);
  expect(checkpoints).toBe(1000 * (400 + 20) + 2 * 8192);
  expect(result).toBe(1000 * 400 + 10_000 + 65_536);
});

test('what is saved is not needed again; the result is', () => {
  const half = diskNeed({ ...SIZE, done: [500, 0] });
  expect(half.checkpoints).toBe(500 * (400 + 20) + 8192);
  expect(half.result).toBe(diskNeed(SIZE).result);
  // A manifest may count more than there is after a repair.
  expect(diskNeed({ ...SIZE, done: [500, 700] }).checkpoints).toBe(0);
});

test('many small checkpoints take more, and so do rows that a worker cannot hold', () => {
  expect(diskNeed({ ...SIZE, seqThreshold: 10 }).checkpoints).toBe(1000 * 420 + 100 * 8192);
  const wide = { ...SIZE, dim: 2 ** 26 };
  expect(diskNeed(wide).checkpoints).toBe(1000 * (2 ** 28 + 20) + 1000 * 8192);
});

test('copies are not computed, but have rows in the result, which are kept meanwhile', () => {
  const copied = diskNeed({ ...SIZE, positions: 900, shards: [shard(0, 0, 900)], done: [0] });
  expect(copied.checkpoints).toBe(900 * 420 + 8192);
  expect(copied.result).toBe(diskNeed(SIZE).result + 100 * 400);
});

test('the table of sequences is a part of the result', () => {
  expect(diskNeed({ ...SIZE, tableBytes: 5000 }).result).toBe(diskNeed(SIZE).result + 5000);
});

test('numbers of tokens are stored twice, and 16 bits take half the room', () => {
  const more = diskNeed({ ...SIZE, valueBytes: 700_000 });
  expect(more.checkpoints).toBe(diskNeed(SIZE).checkpoints + 700_000);
  expect(more.result).toBe(diskNeed(SIZE).result + 700_000);
  expect(diskNeed({ ...SIZE, bytes: 2 }).result).toBe(diskNeed(SIZE).result - 200_000);
});

test('a .pt has the IDs once more', () => {
  expect(diskNeed({ ...SIZE, format: 'pt' }).result).toBe(diskNeed(SIZE).result + 1000 * 20);
});
