import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { glance, NO_GLANCE } from './glance.js';
import { layout } from './layout.js';
import { writeResultRecord } from './records/result-record.js';
import { newRunRecord, readRunRecord, writeRunRecord } from './records/run-record.js';
import { announceRestart, cutOffRestart } from './restart-intent.js';

let place: ReturnType<typeof layout>;
beforeEach(async () => {
  place = layout(await mkdtemp(join(tmpdir(), 'glance-')));
});

const inputs = [{ path: 'Größe.fa', bytes: 3, sha256: 'b'.repeat(64) }];
const model = { name: 'tnf', fingerprint: 'c'.repeat(64) };
const record = newRunRecord({ inputs, model, batch_tokens: 100, shards: 2 });
const intent = {
  inputs: ['in.fa'],
  model,
  batchTokens: undefined,
  shards: undefined,
  threads: undefined,
  cut: {},
  dedupe: true,
  letters: { use: { read: 'as they are', final_stop: 'kept' } },
} as const;

test('an empty folder has nothing', () => {
  expect(glance(place)).toEqual(NO_GLANCE);
});

test('the record is seen as it is read', async () => {
  await writeRunRecord(place.run, record);
  expect(glance(place).run).toEqual({ is: 'read', value: await readRunRecord(place.run) });
});

test.each([
  ['{"format":1', 'it is not JSON'],
  ['[]', 'it is not a JSON object'],
  ['{}', 'a field is missing'],
  ['{"format":3}', 'a later version wrote it, format 3'],
])('a record that says %s is damaged: %s', async (text, why) => {
  await writeFile(place.run, text);
  expect(glance(place).run).toEqual({ is: 'damaged', why });
});

test('one flipped letter is seen', async () => {
  await writeRunRecord(place.run, { ...record, shards: 3 });
  await writeFile(place.run, (await readFile(place.run, 'utf8')).replace('"shards": 3', '"shards": 2'));
  expect(glance(place).run).toEqual({ is: 'damaged', why: 'its checksum is wrong' });
});

test('a restart counts until the record is another, also if names in it are not ASCII', async () => {
  await writeRunRecord(place.run, record);
  await announceRestart(place, intent);
  expect([glance(place).restart, await cutOffRestart(place, intent)]).toEqual([true, 'same']);
  await rm(place.run);
  expect([glance(place).restart, await cutOffRestart(place, intent)]).toEqual([true, 'same']);
  await writeRunRecord(place.run, { ...record, device: 'cpu' });
  expect([glance(place).restart, await cutOffRestart(place, intent)]).toEqual([false, null]);
});

test('files of the result that are missing, or have another length, are named', async () => {
  const file = (name: string, bytes: number) => ({ file: name, bytes, sha256: 'd'.repeat(64) });
  const files = [file('embeddings.safetensors', 3), file('ids.txt', 2), file('quarantine.tsv', 13)];
  const facts = { run: record.fingerprint, sequences: 1, quarantined: 1, dim: 2, files, warnings: [] };
  await writeResultRecord(place.result, { format: 1, ...facts });
  await writeFile(place.ids, 'abc');
  await writeFile(place.quarantine, '# id\na\tb\nc\td\n');
  const { result, wrongFiles, quarantine } = glance(place);
  expect(result).toMatchObject({ is: 'read', value: { sequences: 1, quarantined: 1, dim: 2 } });
  expect(wrongFiles).toEqual(['embeddings.safetensors is missing', 'ids.txt has 3 bytes instead of 2']);
  expect(quarantine).toEqual(['a\tb', 'c\td']);
});

test('a quarantined sequence is seen even if its ID begins like the header', async () => {
  await writeFile(place.quarantine, '# id\tordinal\n# a\t0\n#b\t1\n');
  expect(glance(place).quarantine).toEqual(['# a\t0', '#b\t1']);
});
