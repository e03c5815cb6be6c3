import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reportLines } from '@holdfast/verify';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, start, windows } from './command.js';
import { faultsOf, look } from './verify-run.js';

let input: string;
const line = (out: string) => [
  ...['embed', input, '--out', out, '--shards', '4', '--seq-threshold', '100', '--workers', '2'],
  ...['--batch-tokens', '2000'],
];
beforeAll(async () => {
  input = await windows(6000);
});

test('beside a run that is at work, what is durable is whole so far, however often it is looked at', async () => {
  const out = join(await freshFolder(), 'out');
  const running = start(line(out));
  let over = false;
  const ended = running.ended.finally(() => {
    over = true;
  });
  await running.until('checkpoint');
  const states: string[] = [];
  const verdicts: string[] = [];
  while (!over) {
    const report = await look(out);
    expect(faultsOf(report)).toEqual([]);
    states.push(`${report.state} ${report.at_work}`);
    verdicts.push(reportLines(report).at(-1)!);
  }
  expect(await ended).toMatchObject({ code: 0 });
  expect(states).toContain('unfinished true');
  expect(verdicts[0]).toMatch(/is whole so far: [\d,]+ of 6,000 sequences\.$/);
  expect(await look(out)).toMatchObject({ state: 'complete', at_work: false, ok: true });
});

test('a checkpoint that a worker moves aside meanwhile is no fault, and the run ends with its bytes', async () => {
  const out = join(await freshFolder(), 'out');
  const first = start(line(out));
  let seen = 0;
  first.onLine(({ event }) => event === 'checkpoint' && ++seen === 20 && first.killGroup());
  await first.ended;
  const path = join(out, 'checkpoints/shard_0/batch_00000.pt');
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
  expect(faultsOf(await look(out))).toEqual([
    expect.stringMatching(/^checkpoints\/shard_0\/batch_00000\.pt: its content does not match/),
  ]);
  const running = start(line(out));
  let over = false;
  const ended = running.ended.finally(() => {
    over = true;
  });
  await running.until('checkpoint');
  while (!over) expect(faultsOf(await look(out))).toEqual([]);
  expect(await ended).toMatchObject({ code: 0 });
  const fresh = join(await freshFolder(), 'out');
  expect(await holdfast(line(fresh))).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(await digestOf(fresh));
  expect(faultsOf(await look(out))).toEqual([]);
});
