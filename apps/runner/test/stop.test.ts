import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf, type Ended, freshFolder, holdfast, start, windows } from './command.js';

const COUNT = 30_000;
let reads: string;
let whole: string;
let out: string;
beforeAll(async () => {
  reads = await windows(COUNT);
  const undisturbed = join(await freshFolder(), 'out');
  expect(await holdfast(['embed', reads, '--out', undisturbed])).toMatchObject({ code: 0 });
  whole = await digestOf(undisturbed);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const line = () => [
  'embed',
  reads,
  '--out',
  out,
  '--workers',
  '2',
  '--seq-threshold',
  '100',
  '--batch-tokens',
  '4000',
];

/** Sequences a run embedded itself. */
const embedded = ({ lines }: Ended) =>
  lines
    .filter(({ event }) => event === 'checkpoint')
    .reduce((sum, { sequences }) => sum + Number(sequences), 0);

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('%s: what is done is kept, and the same line embeds only the rest', async (signal, code) => {
  const running = start(line());
  await running.until('checkpoint');
  running.child.kill(signal);
  const stopped = await running.ended;
  expect(stopped.code).toBe(code);
  expect(stopped.stderr).toMatch(/^holdfast: stopped by SIG\w+; .*same line again.*\n$/);
  const done = embedded(stopped);
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(COUNT);
  expect(await readdir(out)).not.toContain('embeddings.safetensors');
  const rest = await holdfast(line());
  expect(rest.code).toBe(0);
  expect(embedded(rest)).toBe(COUNT - done);
  expect(rest.lines.at(-1)!.event).toBe('complete');
  expect(
    (await holdfast(['embed', reads, '--out', join(out, '..', 'plain'), '--batch-tokens', '4000'])).code,
  ).toBe(0);
  expect(await digestOf(out)).toBe(await digestOf(join(out, '..', 'plain')));
});

test('SIGTERM while the input is read leaves no run behind, and the same line then completes', async () => {
  const running = start(['embed', '-', '--out', out]);
  running.child.stdin!.write('>a\nACGTACGT\n');
  await running.until('indexing');
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
  expect((await readdir(out)).filter((name) => !name.endsWith('lock'))).toEqual([]);
  expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(whole);
});

test('workers whose coordinator was killed save and end, and a rerun waits for them', async () => {
  const running = start(line());
  await running.until('checkpoint');
  running.child.kill('SIGKILL');
  await running.ended;
  const rest = await holdfast(line());
  expect(rest.code).toBe(0);
  const fromCheckpoints = COUNT - embedded(rest);
  expect(fromCheckpoints).toBeGreaterThan(0);
});
