import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeResult } from '../test/write-result.js';
import { idsIn, listedIds } from './listed-ids.js';
import { openResult } from './open-result.js';
import { shownId } from './shown-id.js';
import { missingText, wantedRows } from './wanted-rows.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wanted-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const IDS = ['sp|P69905|HBA_HUMAN', 'NM_000518.5', 'a', 'b', 'ref|NP_1.2|', 'read_1/1', 'Q9Y2H5'];
const wanted = async (...ids: string[]) => {
  await writeResult(folder, { ids: IDS, rows: new Float32Array(IDS.length) });
  return wantedRows(await openResult(folder), ids);
};

it('finds rows in the order asked for, each once', async () => {
  const { rows, missing } = await wanted('b', 'a', 'b', 'NM_000518.5');
  expect([...rows]).toEqual([
    ['b', 3],
    ['a', 2],
    ['NM_000518.5', 1],
  ]);
  expect(missing).toEqual({ quarantined: [], unknown: [], alike: new Map() });
});

it('names an ID that is alike: between bars, with a version, or with another one', async () => {
  const { missing } = await wanted('P69905', 'NM_000518', 'NM_000518.4', 'NP_1.1', 'c', '.5', 'HBA');
  expect([...missing.alike]).toEqual([
    ['P69905', IDS[0]],
    ['NM_000518', IDS[1]],
    ['NM_000518.4', IDS[1]],
    ['NP_1.1', IDS[4]],
  ]);
  expect(missingText(missing, 'out')).toBe(
    `no sequence of out has the IDs P69905 (did you mean 'sp|P69905|HBA_HUMAN'?), NM_000518 (did you mean NM_000518.5?), NM_000518.4 (did you mean NM_000518.5?), NP_1.1 (did you mean 'ref|NP_1.2|'?), c, .5, HBA`,
  );
  expect(missingText((await wanted('x')).missing, 'out')).toBe('no sequence of out has the ID x');
});

it('names an ID that is alike: in other letters, of the other read of a pair, or the part between bars', async () => {
  // The last three only share a part with an ID, or none.
  const asked = ['p69905', 'SP|P69905|hba_human', 'read_1', 'read_1/2', 'tr|Q9Y2H5|X_HUMAN', 'sp'];
  asked.push('sp|P0|X', 'sp|P69905|HBB_HUMAN', 'ref|NP_1.1|x');
  const { missing } = await wanted(...asked);
  expect(missing.alike).toEqual(
    new Map([
      ['p69905', IDS[0]],
      ['SP|P69905|hba_human', IDS[0]],
      ['sp', IDS[0]],
      ['read_1', IDS[5]],
      ['read_1/2', IDS[5]],
      ['tr|Q9Y2H5|X_HUMAN', IDS[6]],
    ]),
  );
});

it('names none of several that are alike', async () => {
  const ids = ['ENSP1.1', 'ENSP1.2', 'AB', 'Ab', 'sp|Q1|A_HUMAN', 'tr|Q1|A_MOUSE', 'x.1'];
  await writeResult(folder, { ids, rows: new Float32Array(ids.length) });
  const { missing } = await wantedRows(await openResult(folder), ['ENSP1.3', 'ENSP1', 'aB', 'Q1', 'X']);
  expect(missing.alike).toEqual(new Map([['X', 'x.1']]));
});

it('shows an ID so that its ends are seen, and not all of a very long one', () => {
  expect(['a|b', '', ' a', 'a b', '\ufeffa', 'ünï'].map(shownId)).toEqual([
    'a|b',
    '""',
    '" a"',
    '"a b"',
    '"\\ufeffa"',
    'ünï',
  ]);
  expect(shownId('x'.repeat(300_000))).toBe(`${'x'.repeat(100)}… (300,000 characters)`);
});

it('reads a list of one ID on each line, and says if there is none', async () => {
  const path = join(folder, 'ids');
  writeFileSync(path, '\ufeffa\r\n\nü/c\n x \n');
  expect(await listedIds(path)).toEqual(['a', 'ü/c', ' x ']);
  async function* cut() {
    for (const byte of Buffer.from('\ufeffü\n')) yield Uint8Array.of(byte);
  }
  expect(await idsIn(cut())).toEqual(['ü']);
  await expect(listedIds(join(folder, 'nofile'))).rejects.toThrow(
    `${join(folder, 'nofile')}: no such file; check the path`,
  );
  await expect(listedIds(folder)).rejects.toThrow('it is a folder; name a file with IDs');
});
