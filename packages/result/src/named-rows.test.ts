import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeResult } from '../test/write-result.js';
import { namedRows } from './named-rows.js';
import { openResult } from './open-result.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'named-rows-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Long enough for several chunks of the reading. */
const COUNT = 40_000;
const IDS = Array.from({ length: COUNT }, (_, row) => `ünï_${row}`);
const made = { ids: IDS, rows: new Float32Array(COUNT) };
const WANTED = [39_999, 0, 7, 20_000, 7, 20_001];
const lineOf = (ordinal: number, id: string, row: string) =>
  `${ordinal}\t${id}\tthe ${ordinal}th ${'–'.repeat(20)}\tin.fa\t20\t20\tno\t\t${row === '' ? 'yes' : 'no'}\t${row}\t0\t0`;

it('names rows by the table of sequences, whether or not each sequence has a row', async () => {
  const lines = IDS.map((id, row) => lineOf(row, id, String(row)));
  await writeResult(folder, { ...made, sequences: lines });
  const result = await openResult(folder);
  const named = await namedRows(result, WANTED);
  expect(named.size).toBe(5);
  for (const row of WANTED)
    expect(named.get(row)).toEqual({ id: IDS[row], description: `the ${row}th ${'–'.repeat(20)}` });

  const some = ['a', 'b', 'c', 'd'];
  const gaps = [lineOf(0, 'x', ''), lineOf(1, 'a', '0'), lineOf(2, 'b', '1'), lineOf(3, 'y', '')];
  await writeResult(folder, {
    ids: some,
    rows: new Float32Array(4),
    sequences: [...gaps, lineOf(4, 'c', '2'), lineOf(5, 'd', '3')],
  });
  const { record, ...rest } = await openResult(folder);
  const found = await namedRows({ ...rest, record: { ...record, quarantined: 2 } }, [1, 2]);
  expect([...found].map(([row, { id }]) => [row, id])).toEqual([
    [1, 'b'],
    [2, 'c'],
  ]);
});

it('names rows by their IDs where there is no table', async () => {
  await writeResult(folder, made);
  const named = await namedRows(await openResult(folder), WANTED);
  expect(named.get(39_999)).toEqual({ id: IDS[39_999], description: '' });
  expect([...named.keys()]).toEqual([0, 7, 20_000, 20_001, 39_999]);
  expect(await namedRows(await openResult(folder), [])).toEqual(new Map());
});
