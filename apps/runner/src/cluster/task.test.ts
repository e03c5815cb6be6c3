import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ownerName, parseOwner, taskOf } from './task.js';

const here = { host: 'host', pid: 7 };
const of = (env: NodeJS.ProcessEnv) => taskOf(env, here);

describe('Slurm', () => {
  test('a task of an array has the name of its place in it, and its starts are counted', () => {
    const env = {
      SLURM_JOB_ID: '903',
      SLURM_ARRAY_JOB_ID: '900',
      SLURM_ARRAY_TASK_ID: '5',
      SLURM_ARRAY_TASK_MIN: '3',
      SLURM_ARRAY_TASK_COUNT: '12',
      SLURM_RESTART_COUNT: '2',
      SLURM_NTASKS: '1',
      SLURM_PROCID: '0',
      SLURMD_NODENAME: 'n7',
    };
    expect(of(env)).toEqual({
      name: '900_5',
      engine: 'slurm',
      job: '900_5',
      start: 3,
      index: 2,
      count: 12,
      node: 'n7',
    });
    // The job's own ID changes from start to start.
    expect(of({ ...env, SLURM_JOB_ID: '999' }).name).toBe('900_5');
  });
  test('a plain job', () => {
    expect(of({ SLURM_JOB_ID: '12' })).toEqual({
      name: '12',
      engine: 'slurm',
      job: '12',
      start: 1,
      index: 0,
      count: 1,
      node: 'host',
    });
  });
  test('several ranks of a step are tasks of their own, with places of their own', () => {
    const ranks = (place: string) =>
      ['0', '1', '2'].map((SLURM_PROCID) =>
        of({
          SLURM_JOB_ID: '12',
          SLURM_ARRAY_JOB_ID: '11',
          SLURM_ARRAY_TASK_ID: place,
          SLURM_ARRAY_TASK_MIN: '1',
          SLURM_ARRAY_TASK_COUNT: '2',
          SLURM_NTASKS: '3',
          SLURM_PROCID,
        }),
      );
    const tasks = [...ranks('1'), ...ranks('2')];
    expect(tasks.map(({ name }) => name)).toEqual([
      '11_1.0',
      '11_1.1',
      '11_1.2',
      '11_2.0',
      '11_2.1',
      '11_2.2',
    ]);
    expect(tasks.map(({ index, count }) => [index, count])).toEqual(
      [0, 1, 2, 3, 4, 5].map((index) => [index, 6]),
    );
  });
  test('steps that a script starts side by side are tasks of their own; the first has the name of the job', () => {
    const names = ['0', '1', '2', '4294967291'].map(
      (SLURM_STEP_ID) => of({ SLURM_JOB_ID: '12', SLURM_STEP_ID }).name,
    );
    expect(names).toEqual(['12', '12-s1', '12-s2', '12']);
  });
  test('an array job without a place is a plain one', () => {
    expect(of({ SLURM_JOB_ID: '12', SLURM_ARRAY_JOB_ID: '11', SLURM_ARRAY_TASK_ID: 'x' }).name).toBe('12');
  });
});

describe('Kubernetes', () => {
  test('a pod of an Indexed Job: a later one for the same index has another name', () => {
    const env = { JOB_COMPLETION_INDEX: '3', HOSTNAME: 'run-3-abcde', HOLDFAST_TASKS: '8' };
    expect(of(env)).toEqual({
      name: 'run-3-abcde',
      engine: 'kubernetes',
      job: 'run-3-abcde',
      start: 1,
      index: 3,
      count: 8,
      node: 'host',
    });
    expect(of({ ...env, HOSTNAME: 'run-3-fghij' }).name).toBe('run-3-fghij');
  });
  test('without the number of tasks the place still counts', () => {
    expect(of({ JOB_COMPLETION_INDEX: '3' })).toMatchObject({ name: 'host', index: 3, count: 4 });
  });
});

test('AWS Batch: a child of an array, and its attempts', () => {
  const env = {
    AWS_BATCH_JOB_ID: 'd7c6-11:4',
    AWS_BATCH_JOB_ARRAY_INDEX: '4',
    AWS_BATCH_JOB_ARRAY_SIZE: '9',
    AWS_BATCH_JOB_ATTEMPT: '2',
  };
  expect(of(env)).toEqual({
    name: 'd7c6-11-4',
    engine: 'aws_batch',
    job: 'd7c6-11:4',
    start: 2,
    index: 4,
    count: 9,
    node: 'host',
  });
  expect(of({ AWS_BATCH_JOB_ID: 'x' })).toMatchObject({ name: 'x', start: 1, index: 0, count: 1 });
});

test('by hand', () => {
  expect(of({})).toEqual({
    name: 'host-7',
    engine: 'by_hand',
    job: null,
    start: 1,
    index: 0,
    count: 1,
    node: 'host',
  });
  expect(of({ SLURM_JOB_ID: '', AWS_BATCH_JOB_ID: '', JOB_COMPLETION_INDEX: '' }).engine).toBe('by_hand');
});

const VARIABLES = [
  'SLURM_JOB_ID',
  'SLURM_ARRAY_JOB_ID',
  'SLURM_ARRAY_TASK_ID',
  'SLURM_ARRAY_TASK_MIN',
  'SLURM_ARRAY_TASK_COUNT',
  'SLURM_RESTART_COUNT',
  'SLURM_NTASKS',
  'SLURM_PROCID',
  'SLURM_STEP_ID',
  'SLURMD_NODENAME',
  'AWS_BATCH_JOB_ID',
  'AWS_BATCH_JOB_ARRAY_INDEX',
  'AWS_BATCH_JOB_ARRAY_SIZE',
  'AWS_BATCH_JOB_ATTEMPT',
  'JOB_COMPLETION_INDEX',
  'HOSTNAME',
  'HOLDFAST_TASKS',
];

test('a law: whatever the variables say, the name is a file name, and the numbers are numbers', () => {
  const value = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom('-1', '1e9', '0x10', '../..', '/', '..', '1/2', '99999999999999999999', '\0', ' 3'),
  );
  const env = fc.record(Object.fromEntries(VARIABLES.map((name) => [name, value])), { requiredKeys: [] });
  fc.assert(
    fc.property(env, fc.string({ minLength: 1 }), (given, host) => {
      const task = taskOf(given, { host, pid: 7 });
      expect(task.name).toMatch(/^[A-Za-z0-9_.-]{1,100}$/);
      for (const number of [task.start, task.index, task.count])
        expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
      expect(task.start).toBeGreaterThan(0);
      expect(task.count).toBeGreaterThan(0);
      expect(parseOwner(ownerName(task))).toEqual({ name: task.name, start: task.start });
    }),
    { numRuns: 2000 },
  );
});

test('two processes of a host with a long name have names of their own', () => {
  const host = `${'h'.repeat(200)}.example`;
  expect(taskOf({}, { host, pid: 1 }).name).not.toBe(taskOf({}, { host, pid: 2 }).name);
});

test('another owner than a task is none', () => {
  for (const owner of ['', 'worker 0, process 7 on n1', 'task a b (start 1) on n1', 'task a (start x) on n1'])
    expect(parseOwner(owner)).toBe(null);
});
