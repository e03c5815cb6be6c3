import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, start, windows } from './command.js';

const inRuntime = (path: string) =>
  fileURLToPath(new URL(`../../../packages/gpu-runtime/test/fixtures/${path}`, import.meta.url));

let out: string;
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const record = async () => JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));

test('auto measures, says what it found, and plans with it; a resume takes that without measuring', async () => {
  const reads = await windows(400);
  const line = ['embed', reads, '--out', out, '--workers', '1'];
  const first = await holdfast([...line, '--batch-tokens', 'auto']);
  expect(first.code).toBe(0);
  const events = first.lines.map(({ event }) => event);
  expect(events.slice(0, 2)).toEqual(['calibrating', 'calibrated']);
  const { batch_tokens: found, measured } = first.lines[1]! as unknown as {
    batch_tokens: number;
    measured: { tokens: number }[];
  };
  expect(measured.map(({ tokens }) => tokens)).toContain(found);
  expect(await record()).toMatchObject({ batch_tokens: found, device: 'cpu' });
  const whole = await digestOf(out);

  // As if it had been measured on another machine.
  await holdfast([...line, '--batch-tokens', '3000', '--force-restart']);
  const again = [[], ['--batch-tokens', 'auto'], ['--batch-tokens', '3000']];
  for (const more of again)
    expect((await holdfast([...line, ...more])).lines.map(({ event }) => event)).toEqual(['complete']);
  for (const more of again) {
    await rm(join(out, 'result.json'));
    await rm(join(out, 'checkpoints'), { recursive: true });
    const { code, lines } = await holdfast([...line, ...more]);
    expect([code, lines.some(({ event }) => event === 'calibrating')]).toEqual([0, false]);
    expect((await record()).batch_tokens).toBe(3000);
    expect(await digestOf(out)).toBe(whole);
  }
  // An index that is lost is made anew as it was.
  await rm(join(out, 'result.json'));
  await rm(join(out, 'index'), { recursive: true });
  expect(await holdfast([...line, '--batch-tokens', 'auto'])).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(join(out, 'index', 'summary.json'), 'utf8')).batch_tokens).toBe(3000);

  const other = await holdfast([...line, '--batch-tokens', '3001']);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('--batch-tokens: 3000 → 3001')]);
});

test('on the CPU nothing is measured unless asked for', async () => {
  const { lines } = await holdfast(['embed', await windows(20), '--out', out, '--workers', '1']);
  expect(lines.filter(({ event }) => event.startsWith('calibrat'))).toEqual([]);
  expect((await record()).batch_tokens).toBe(65536);
});

test('a model that finds no memory for the least is given half of that', async () => {
  const model = await freshFolder();
  execFileSync(process.execPath, [inRuntime('make-hungry.mjs'), model]);
  const input = join(model, 'in.fa');
  await writeFile(input, '>a\nACGT\n>b\nACGTACGT\n');
  const line = ['embed', input, '--out', out, '--workers', '1', '--model', model, '--batch-tokens', 'auto'];
  const { code, lines } = await holdfast(line);
  expect(lines.find(({ event }) => event === 'calibrated')).toMatchObject({
    batch_tokens: 256,
    reason: 'memory',
    measured: [{ tokens: 512, tokens_per_second: null }],
  });
  expect([code, (await record()).batch_tokens]).toEqual([0, 256]);
});

test('SIGTERM while it measures ends the run at once, and nothing is left of it', async () => {
  const running = start(['embed', await windows(20), '--out', out, '--batch-tokens', 'auto']);
  await running.until('calibrating');
  running.child.kill('SIGTERM');
  const { code, lines } = await running.ended;
  expect([code, lines.map(({ event }) => event)]).toEqual([143, ['calibrating']]);
  expect(existsSync(out)).toBe(false);
});
