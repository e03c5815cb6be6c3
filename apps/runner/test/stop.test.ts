import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf, type Ended, fixture, freshFolder, holdfast, start, until, windows } from './command.js';

const COUNT = 30_000;
const NOTHING_STARTED =
  'holdfast: stopped by SIGTERM; nothing was started, rerun the same command to start\n';
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
  expect(stopped.stderr).toMatch(/^holdfast: stopped by SIG\w+; .*rerun the same command.*\n$/);
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

test('SIGTERM while the input is read leaves nothing behind and says so, and the same line then completes', async () => {
  const running = start(['embed', '-', '--out', out]);
  running.child.stdin!.write('>a\nACGTACGT\n');
  await running.until('indexing');
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 143, stderr: NOTHING_STARTED });
  expect(existsSync(out)).toBe(false);
  expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(whole);
});

test('SIGTERM while a model is tested reports that nothing was started, and leaves an older result alone', async () => {
  const older = ['embed', fixture('messy.fa'), '--out', out];
  const model = fileURLToPath(
    new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
  );
  const trial = ['embed', fixture('globins45.faa'), '--out', out, '--model', model];
  for (const force of [[], ['--force-restart']]) {
    if (force.length > 0) expect(await holdfast(older)).toMatchObject({ code: 0 });
    const running = start([...trial, ...force]);
    // Held, the trial does not end by itself.
    await until(() => trialOf(running.child.pid!) !== undefined);
    process.kill(trialOf(running.child.pid!)!, 'SIGSTOP');
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 143, stderr: NOTHING_STARTED });
    expect(existsSync(out)).toBe(force.length > 0);
  }
  expect((await holdfast(older)).lines.at(-1)).toMatchObject({ already: true });
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

test('a pipe nobody writes to: SIGTERM ends the run all the same, and a second one at once', async () => {
  const pipe = join(await freshFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  for (const signals of [['SIGTERM'], ['SIGTERM', 'SIGINT']] as const) {
    const running = start(['embed', pipe, '--out', out]);
    // The claim is made just before the input is opened.
    await until(() => existsSync(join(out, '.holdfast')));
    for (const signal of signals) running.child.kill(signal);
    const { code, signal } = await running.ended;
    // Node cannot end in good order while the system opens the pipe, so the process dies by the signal.
    expect(code ?? signal).toMatch(/^SIG(TERM|INT)$/);
    // Where it was told once, it had the time to leave nothing.
    if (signals.length === 1) expect(existsSync(out)).toBe(false);
    await rm(out, { recursive: true, force: true });
  }
});

test('a run that waits for the workers of an earlier one obeys SIGTERM', async () => {
  const { FileLock } = await import('@holdfast/file-lock');
  await mkdir(out);
  await using _worker = await FileLock.acquire(join(out, '.workers.lock'), { shared: true });
  const running = start(line());
  await running.until('waiting');
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 143, stderr: expect.stringContaining('SIGTERM') });
});

test('a line with --force-restart that is stopped says how to go on, and without it goes on', async () => {
  const running = start([...line(), '--force-restart']);
  await running.until('checkpoint');
  running.child.kill('SIGTERM');
  const stopped = await running.ended;
  expect([stopped.code, stopped.stderr]).toEqual([143, expect.stringContaining('without --force-restart')]);
  const rest = await holdfast(line());
  expect([rest.code, embedded(rest)]).toEqual([0, COUNT - embedded(stopped)]);
});

test('--force-restart with an input that turns out bad leaves the result that was there', async () => {
  const good = ['embed', fixture('messy.fa'), '--out', out];
  expect(await holdfast(good)).toMatchObject({ code: 0 });
  const before = await digestOf(out);
  const bad = join(await freshFolder(), 'bad.fa');
  await writeFile(bad, '>a\nACGT\n>b\nAC1G\n');
  expect(await holdfast(['embed', bad, '--out', out, '--force-restart'])).toMatchObject({ code: 2 });
  expect(await digestOf(out)).toBe(before);
  expect((await holdfast(good)).lines.at(-1)).toMatchObject({ already: true });
  const forced = await holdfast([...good, '--force-restart']);
  expect([forced.code, forced.lines.at(-1)!['already'], await digestOf(out)]).toEqual([0, false, before]);
});

/** The process of a command that tries its model, once there is one. */
function trialOf(pid: number): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children
    .map(Number)
    .find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('model-trial'));
}
