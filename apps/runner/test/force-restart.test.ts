import { spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, start } from './command.js';

// A restart whose process is really killed; `src/run/force-restart.law.test.ts` goes through every step.

let folder: string;
let out: string;
let next: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
  next = join(folder, 'next.fa');
  await writeFile(next, '>x\nACGTACGTACGGTTA\n>y\nTTTTTACGAC\n');
  expect(await holdfast(['embed', fixture('messy.fa'), '--out', out])).toMatchObject({ code: 0 });
});

const traceable = spawnSync('strace', ['-f', '-e', 'inject=rename:signal=KILL', 'true']).status === 0;
if (!traceable)
  console.warn('LEFT OUT: processes cannot be killed at a system call on this machine (strace)');

test.runIf(traceable).each([
  ['right before it removes the old record', 'run.json', 'unlink'],
  ['amid the removal', 'ids.txt', 'unlink'],
  ['between the removal and the new index', 'index.tmp', 'rename'],
  ['between the new index and its record', 'run.json.tmp', 'rename'],
])('a restart that is killed %s goes on without --force-restart', async (_when, name, call) => {
  const line = ['embed', next, '--out', out];
  const strace = ['-f', '-qq', '-o', '/dev/null', '-P', join(out, name), '-e', `inject=${call}:signal=KILL`];
  const killed = await holdfast([...line, '--force-restart'], '', { under: ['strace', ...strace] });
  expect([killed.code, killed.signal]).toEqual([null, 'SIGKILL']);
  const { code, lines } = await holdfast(line);
  expect([code, lines.at(-1)]).toMatchObject([0, { event: 'complete', already: false, sequences: 2 }]);
  const whole = join(folder, 'whole');
  await holdfast(['embed', next, '--out', whole]);
  expect(await digestOf(out)).toBe(await digestOf(whole));
});

test.each([
  ['', async () => undefined],
  [
    ', also over a run that nothing proves,',
    async () => {
      await rm(join(out, 'result.json'));
      await rm(join(out, 'index'), { recursive: true });
      await writeFile(join(out, 'run.json'), '{"broken":');
    },
  ],
])(
  'a restart that is killed while it reads its input%s goes on without --force-restart',
  async (_where, spoil) => {
    await spoil();
    const line = ['embed', '-', '--out', out];
    const running = start([...line, '--force-restart']);
    // Enough that the reading is told, and no end.
    running.child.stdin!.write(`>z\n${'ACGT'.repeat(1 << 18)}\n>end\nAC`);
    await running.until('indexing');
    running.killGroup();
    await running.ended;
    const { code, lines } = await holdfast(line, '>z\nACGTACGT\n');
    expect([code, lines.at(-1)]).toMatchObject([0, { event: 'complete', already: false, sequences: 1 }]);
  },
);
