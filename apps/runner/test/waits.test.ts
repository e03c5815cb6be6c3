import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { fixture, freshFolder, holdfast, start } from './command.js';

// Nothing is waited for without a word, and no helper without a limit.

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

test('a model that never answers: the trial is told, waited for aloud, and ended with the reason', async () => {
  const input = join(folder, 'x.fa');
  await writeFile(input, '>a\nMKTAYIAKQRQISFVKSHFSRQ\n');
  const line = ['embed', input, '--model', fixture('endless'), '--out', out, '--stall-timeout', '8'];
  const { code, lines, stderr } = await holdfast(line);
  expect(code).toBe(2);
  expect(lines.find(({ event }) => event === 'trying_model')).toMatchObject({
    device: 'cpu',
    limit_seconds: 8,
  });
  expect(lines.find(({ event }) => event === 'waiting')).toMatchObject({
    reason: expect.stringMatching(
      /trial of the model .*endless on cpu, which is embedding 12 plain residues/,
    ),
  });
  expect(stderr).toMatch(
    /^holdfast: .*endless: .* no answer within 8 s while embedding 12 .*--stall-timeout.*\n$/,
  );
});

test('a pipe that nobody writes to is told of', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const running = start(['embed', pipe, '--out', out]);
  expect((await running.until('waiting'))['reason']).toContain(`still reading ${pipe}: nothing new for 10 s`);
  running.child.kill('SIGTERM');
  await running.ended;
});

// The kernel heeds no such limit for root, so another user is needed.
const as = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
const possible =
  process.getuid?.() === 0 &&
  spawnSync('env', [...as(4_000_000), 'test', '-r', fixture('messy.fa')]).status === 0;

const TINY_ESM2 = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
);

test.runIf(possible).each([
  [14, TINY_ESM2],
  [15, TINY_ESM2],
])(
  'with %s threads for all processes, in which Node.js may start and then wait for ever, the command ends with a reason',
  async (most, model) => {
    // The folder of all tests lets others pass.
    await chmod(dirname(folder), 0o711);
    await chmod(folder, 0o777);
    await mkdir(out, { mode: 0o777 });
    await chmod(out, 0o777);
    // A user of its own for each, since the limit is a user's.
    const uid = 4_000_000 + most;
    const under = [...as(uid), 'prlimit', `--nproc=${most}`];
    const line = [
      'embed',
      fixture('messy.fa'),
      '--model',
      model,
      '--out',
      out,
      '--workers',
      '1',
      '--stall-timeout',
      '5',
      '--grace',
      '1',
    ];
    const { code, signal, stderr } = await holdfast(line, '', { under });
    if (code !== 0)
      expect([code ?? signal, stderr]).toEqual([1, expect.stringMatching(/gave no answer within \d+ s/)]);
  },
);
