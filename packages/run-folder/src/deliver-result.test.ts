import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deliverResult } from './deliver-result.js';
import { layout } from './layout.js';
import { type ResultRecord, writeResultRecord } from './records/result-record.js';

test('a file that is not what the record says is refused, and nothing vouches for the copies', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'deliver-'));
  const [from, to] = [layout(join(folder, 'work')), layout(join(folder, 'out'))];
  for (const { out } of [from, to]) mkdirSync(out);
  const sha256 = createHash('sha256').update('s1\n').digest('hex');
  const files = [{ file: 'ids.txt', bytes: 3, sha256 }];
  const record: ResultRecord = { format: 1, run: 'a'.repeat(64), sequences: 1, dim: 1, files, warnings: [] };
  await writeResultRecord(from.result, record);
  const begun: string[] = [];
  const options = { onBegin: async () => void begun.push('begun'), signal: new AbortController().signal };
  const deliver = () => deliverResult(from, to, record, options);

  writeFileSync(from.ids, 's1\n');
  expect(await deliver()).toBe(true);
  expect(await deliver()).toBe(false);
  expect(begun).toHaveLength(1);
  writeFileSync(to.ids, 's2\n');
  writeFileSync(from.ids, 's3\n');
  await expect(deliver()).rejects.toThrow(/ids\.txt changed while it was copied to .*ids\.txt; rerun/);
  expect(readdirSync(to.out)).toEqual(['ids.txt']);
});
