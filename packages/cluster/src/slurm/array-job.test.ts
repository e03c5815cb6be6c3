import { expect, test } from 'vitest';
import { ClusterError } from '../cluster-error.js';
import { type ArrayJob, nodeArguments, renderArray, renderJoin, sbatchLine } from './array-job.js';

const run: ArrayJob = {
  dir: '/data/out',
  holdfast: ['/usr/bin/node', '/opt/holdfast.js'],
  name: 'holdfast-0123456789ab',
  sbatchArgs: [],
  tasks: 3,
};

test('the array job as people read it', () => {
  const job = renderArray({
    ...run,
    partition: 'low',
    time: '2:00:00',
    maxConcurrent: 2,
    gpusPerTask: 1,
    cpusPerTask: 4,
    sbatchArgs: ['--account=lab'],
  });
  expect(sbatchLine(job, '/data/out/cluster/task.sh')).toBe(
    'sbatch --parsable --array=0-2%2 --job-name=holdfast-0123456789ab --output=/data/out/logs/slurm-%A_%a.out --open-mode=append --chdir=/data/out --requeue --signal=TERM@60 --nodes=1 --ntasks=1 --partition=low --time=2:00:00 --cpus-per-task=4 --gres=gpu:1 --account=lab /data/out/cluster/task.sh',
  );
  expect(job.script.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    "trap ':' TERM USR1 USR2",
    'srun --ntasks=1 --cpus-per-task=4 /usr/bin/node /opt/holdfast.js work /data/out',
    'code=$?',
    'if [ "$code" -eq 143 ]; then code=75; fi',
    'exit "$code"',
    '',
  ]);
});

test('a check on a node asks for what a task asks for', () => {
  const sbatchArgs = ['--account=lab', '--mail-type=END', '--exclude=n3'];
  expect(nodeArguments({ partition: 'low', gpusPerTask: 2, sbatchArgs })).toEqual([
    '--nodes=1',
    '--ntasks=1',
    '--job-name=holdfast-check',
    '--partition=low',
    '--gres=gpu:2',
    '--account=lab',
    '--exclude=n3',
  ]);
});

test('no task is ever pinned to a node', () => {
  for (const { args } of [renderArray(run), renderJoin({ ...run, after: ['7'] })])
    expect(args.filter((each) => /^(-w|--nodelist|--nodefile)/.test(each))).toEqual([]);
});

test('the join starts however the tasks ended, and asks for no GPU', () => {
  const { args, script } = renderJoin({
    ...run,
    after: ['7', '9'],
    sbatchArgs: ['--account=lab', '--gres=gpu:a100:1', '--gpus=1', '--exclusive', '--mem=4G'],
  });
  expect(args).toContain('--dependency=afterany:7:9');
  expect(args.slice(-3)).toEqual(['--cpus-per-task=1', '--account=lab', '--mem=4G']);
  expect(script).toContain('/opt/holdfast.js join /data/out\n');
});

test('a join that waits for nothing has no dependency', () => {
  expect(renderJoin({ ...run, after: [] }).args.join(' ')).not.toContain('dependency');
});

test('% in a folder is no pattern of Slurm', () => {
  expect(renderArray({ ...run, dir: '/data/50%A' }).args).toContain(
    '--output=/data/50%%A/logs/slurm-%A_%a.out',
  );
});

test.each(['/data/a\nb', '/data/a\tb', '/data/a\\b', '/data/\u007f'])('refuses the folder %j', (dir) => {
  for (const render of [() => renderArray({ ...run, dir }), () => renderJoin({ ...run, dir, after: [] })]) {
    expect(render).toThrow(ClusterError);
    expect(render).toThrow(/--out$/);
  }
});
