import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseOutput } from './refuse-output.js';

test('what a command writes does not replace the run, what it reads, a folder or a device', () => {
  const folder = mkdtempSync(join(tmpdir(), 'refuse-output-'));
  const [dir, query, link] = ['out', 'query.fa', 'link'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(join(dir, 'checkpoints'), { recursive: true });
  writeFileSync(query, '>a\nACGT\n');
  writeFileSync(join(dir, 'ids.txt'), 'a\n');
  symlinkSync(join(dir, 'ids.txt'), link);
  const refused = (path: string) => () => refuseOutput(path, { dir, inputs: ['-', query] });
  for (const name of ['ids.txt', 'embeddings.pt', 'run.json', '.lock', join('checkpoints', 'x')])
    expect(refused(join(dir, name))).toThrow('it belongs to the run; name another file');
  expect(refused(link)).toThrow('it belongs to the run');
  expect(refused(query)).toThrow('this command reads it');
  expect(refused(folder)).toThrow('it is a folder');
  expect(refused('/dev/null')).toThrow('it is not a file');
  expect(refused(join(folder, 'none', 'x'))).toThrow(`there is no folder ${join(folder, 'none')}`);
  expect(refused(join(folder, 'hits.tsv'))).not.toThrow();
  expect(refused(join(dir, 'hits.tsv'))).not.toThrow();
});
