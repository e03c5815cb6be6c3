import { expect, test } from 'vitest';
import { leaveForRequeue } from './leave.js';

/** An scontrol that answers as Slurm 22.05 does. */
function scontrol({ exits = '75', state = 'RUNNING', preempt = 'None', requeue = true, there = true }) {
  const asked: string[] = [];
  const ask = async (_name: string, args: readonly string[]) => {
    const line = args.join(' ');
    asked.push(line);
    const failure = { code: there ? 1 : 'ENOENT', silent: false, message: '' };
    if (!there || (line.startsWith('requeue') && !requeue)) return { stdout: '', failure };
    const stdout = line.includes('config')
      ? `RequeueExit             = ${exits}\n`
      : `JobId=7 JobState=${state} Requeue=1 Restarts=0 PreemptTime=${preempt}\n`;
    return { stdout, failure: null };
  };
  return { ask, asked };
}

const TASK = { SLURM_JOB_ID: '7', SLURM_ARRAY_JOB_ID: '4', SLURM_ARRAY_TASK_ID: '0' };
const aborted = AbortSignal.abort();

async function leave(site: Parameters<typeof scontrol>[0], env: NodeJS.ProcessEnv = TASK) {
  const { ask, asked } = scontrol(site);
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const code = await leaveForRequeue(env, { graceMs: 60_000, now: aborted, say, ask });
  return { code, said: said.join('\n'), asked };
}

test('exit code 75 where the site requeues it', async () => {
  const { code, said, asked } = await leave({ preempt: '2026-11-29T06:31:26' });
  expect(code).toBe(75);
  expect(said).toBe('job 4_0 was preempted; exit code 75: Slurm requeues it');
  expect(asked).not.toContain('requeue 4_0');
});

test('scontrol requeue where it does not', async () => {
  const { code, asked } = await leave({ exits: '(null)' });
  expect(code).toBe(75);
  expect(asked).toContain('requeue 4_0');
});

test('stays until the kill where neither works', async () => {
  expect((await leave({ exits: '(null)', requeue: false })).said).toContain('stays until Slurm ends it');
  expect((await leave({ there: false })).said).toContain('for at most 60 s');
});

test('a cancelled job is not requeued', async () => {
  const { code, said, asked } = await leave({ state: 'COMPLETING', exits: '(null)' });
  expect(code).toBe(130);
  expect(said).toContain('is not requeued');
  expect(asked).not.toContain('requeue 4_0');
});

test('a job that is no array is asked for by its own id, and outside of Slurm nothing is asked', async () => {
  expect((await leave({ exits: '' }, { SLURM_JOB_ID: '7' })).asked).toContain('requeue 7');
  const { code, asked } = await leave({}, {});
  expect([code, asked]).toEqual([75, []]);
});
