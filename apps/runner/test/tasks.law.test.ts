import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointManifest } from '@holdfast/manifest';
import { expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, type Running } from './command.js';
import { argumentsOf, optionsOf, planned, slowRun, startTask, stopAtWork } from './tasks.js';

/** What happens to a task after one of its checkpoints. */
const FATES = ['killed', 'told to end', 'stopped', 'stopped', 'killed', 'told to end'] as const;

/**
 * Three tasks on one run. Each of their starts meets the next of the fates until all are used up; a stopped one goes on only
 * when all shards are done, as a machine that was cut off and comes back.
 */
async function disturbed(out: string) {
  const fates: (typeof FATES)[number][] = [...FATES];
  const stopped: Running[] = [];
  const starts = [0, 0, 0];
  const checkpoints: string[] = [];
  const live = async (task: number): Promise<void> => {
    // Every fate costs one start, and the last start of each task has none.
    for (let left = FATES.length; left >= 0; left--) {
      const running = startTask(out, task, starts[task]!++);
      running.onLine((line) => {
        if (line.event === 'checkpoint') checkpoints.push(String(line['file']));
      });
      const begun = await Promise.race([running.until('checkpoint').catch(() => null), running.ended]);
      const fate = begun !== null && 'event' in begun ? fates.pop() : undefined;
      if (fate === 'killed') running.killGroup();
      if (fate === 'told to end') running.child.kill('SIGTERM');
      if (fate === 'stopped') {
        await stopAtWork(running, out);
        stopped.push(running);
        continue;
      }
      const { code } = await running.ended;
      if (fate === undefined) {
        expect(code).toBe(0);
        return;
      }
    }
    throw new Error(`task ${task} was started more often than there are fates`);
  };
  await Promise.all([0, 1, 2].map(live));
  return { stopped, checkpoints };
}

test('whatever happens to tasks, the result is that of one machine, and no checkpoint is written twice', async () => {
  const run = await slowRun(96);
  const local = join(run.folder, 'local');
  expect((await holdfast(['embed', ...argumentsOf(run, local)])).code).toBe(0);
  const out = join(await freshFolder(), 'out');
  await planned(optionsOf(run, out), { leaseSec: 4 });
  const { stopped, checkpoints } = await disturbed(out);
  // The last to be killed or stopped may have left a shard to nobody.
  expect((await startTask(out, 7).ended).code).toBe(0);
  const manifest = new CheckpointManifest(join(out, 'checkpoints', 'manifest.json'));
  expect(await manifest.getResumableShards()).toEqual([]);
  const before = JSON.stringify(await manifest.load());
  for (const { child } of stopped) process.kill(-child.pid!, 'SIGCONT');
  const late = await Promise.all(stopped.map(({ ended }) => ended));
  expect(late.map(({ code }) => code)).toEqual(stopped.map(() => 0));
  expect(JSON.stringify(await manifest.load())).toBe(before);
  expect(new Set(checkpoints).size).toBe(checkpoints.length);
  expect((await holdfast(['join', out])).code).toBe(0);
  expect(await digestOf(out)).toBe(await digestOf(local));
  expect(await readFile(join(out, 'sequences.tsv'))).toEqual(await readFile(join(local, 'sequences.tsv')));
});
