import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import {
  freshFolder,
  holdfast,
  type Line,
  madeModel,
  type Running,
  rowsOf,
  start,
  until,
} from './command.js';

// A model that does not return from a call in which a sequence has an N: its worker hears nothing, no signal either.

let model: string;
let line: string[];
let out: string;
beforeAll(async () => {
  model = await madeModel('make-endless.mjs');
});
beforeEach(async () => {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  out = join(folder, 'out');
  await writeFile(input, '>a\nACGT\n>b\nAACC\n>c\nACNT\n>d\nACCC\n');
  line = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--shards', '1'];
  // Two sequences in a batch.
  line.push('--batch-tokens', '8');
});

/** Seconds of a processor that a process has used. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  // utime, in the hundredths that Linux shows everywhere.
  return Number(fields[11]) / 100;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Starts the line with so many seconds of grace. @returns the worker's pid, once it is amid the call. */
async function stuck(grace = '0.5'): Promise<{ running: Running; pid: number }> {
  const running = start([...line, '--grace', grace]);
  const { pid } = (await running.until('spawned')) as Line & { pid: number };
  await running.until('resumed');
  const before = cpuSeconds(pid);
  await until(() => cpuSeconds(pid) > before + 0.3);
  return { running, pid };
}

const linux = process.platform === 'linux';

test.runIf(linux)(
  'SIGTERM: a worker that never answers is killed after the grace, and none is left',
  async () => {
    const { running, pid } = await stuck();
    running.child.kill('SIGTERM');
    const { code, lines } = await running.ended;
    expect(code).toBe(143);
    expect(lines.filter(({ event }) => event === 'killed')).toMatchObject([
      { slot: 0, reason: 'stopped, but it did not exit' },
    ]);
    expect(lives(pid)).toBe(false);
  },
);

test.runIf(linux)('a second SIGTERM kills it at once', async () => {
  const { running, pid } = await stuck('600');
  running.child.kill('SIGTERM');
  await running.until('stopping');
  running.child.kill('SIGTERM');
  const { code, lines } = await running.ended;
  expect(code).toBe(143);
  expect(lines.filter(({ event }) => event === 'killed')).toMatchObject([{ reason: 'stopped twice' }]);
  expect(lives(pid)).toBe(false);
});

test.runIf(linux)(
  'a command that is killed leaves no worker, and the same line finds the sequence on which the model hangs',
  async () => {
    const { running, pid } = await stuck();
    running.child.kill('SIGKILL');
    await running.ended;
    await until(() => !lives(pid));

    const { code, lines } = await holdfast([...line, '--grace', '0.5', '--stall-timeout', '4']);
    const all = (event: string) => lines.filter((each) => each.event === event);
    // Four times the batch, then the one sequence in the first half of it, and once more, as it may pass; at the end once more.
    expect(all('stalled')).toHaveLength(7);
    expect(all('killed')).toHaveLength(7);
    expect(all('failed').map(({ kind }) => kind)).toEqual(Array(7).fill('transient'));
    expect(all('retried')).toMatchObject([{ sequences: 1, sequences_recovered: 0 }]);
    expect(all('breaker')).toMatchObject([{ batch_idx: 1, reason: '4 workers died at batch 1' }]);
    expect(all('quarantined')).toMatchObject([
      {
        id: 'c',
        ordinal: 2,
        kind: 'hang',
        error: expect.stringMatching(/^the worker made no progress for \d+(\.\d{1,3})? s$/),
      },
    ]);
    expect([code, await rowsOf(out)]).toEqual([
      3,
      [
        ['a', [1, 1]],
        ['b', [2, 2]],
        ['d', [1, 3]],
      ],
    ]);
    for (const { pid } of all('spawned')) expect(lives(pid as number)).toBe(false);
  },
);
