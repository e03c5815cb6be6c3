import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSbatchArgs } from './check-sbatch-args.js';

const REFUSED = [
  ['-w', 'long form'],
  ['-wn1', 'long form'],
  ['lab', 'long form'],
  ['--nodelist=n1', 'dead'],
  ['--nodel=n1', '--nodelist'],
  ['--no-requeue', 'could not go on'],
  ['--no-r', '--no-requeue'],
  ['--array=1-3', '--tasks'],
  ['--arr=1-3', '--array'],
  ['--wrap=true', 'leave it out'],
  ['--dependency=afterok:1', 'the other job has ended'],
  ['--job-name=x', 'leave it out'],
  ['--wait', 'of holdfast submit'],
  ['--clusters=b', 'login node'],
  ['--account', '--account=VALUE'],
  ['--mem', '--mem=VALUE'],
  ['--account=a\nb', 'line break'],
  ['--', 'long form'],
  ['--Account=x', 'long form'],
] as const;

test.each(REFUSED)('refuses %j by name', (arg, why) => {
  expect(() => checkSbatchArgs([arg])).toThrow(
    expect.objectContaining({ code: 'cluster', message: expect.stringContaining(`--sbatch-arg=${arg}: `) }),
  );
  expect(() => checkSbatchArgs(['--account=lab', arg])).toThrow(why);
});

test('takes what a site needs', () => {
  checkSbatchArgs([
    '--account=lab',
    '--qos=long',
    '--mem=32G',
    '--mem-per-cpu=2G',
    '--gres=gpu:a100:2',
    '--gpus-per-node=2',
    '--constraint=a100|h100',
    '--exclude=n[1-3]',
    '--exclusive',
    '--exclusive=user',
    '--requeue',
    '--mail-type=END',
    '--reservation=mine',
    '--comment=it\'s "mine"',
    '--export=ALL,A=b',
    '--licenses=x:1',
  ]);
});

test('law: what is taken is one word of sbatch, and names no beginning of a refused option', () => {
  const names = fc.constantFrom(
    'nodelist',
    'array',
    'wrap',
    'dependency',
    'output',
    'signal',
    'chdir',
    'time',
  );
  fc.assert(
    fc.property(names, fc.nat(), fc.string(), (name, length, value) => {
      const arg = `--${name.slice(0, 1 + (length % name.length))}=${value}`;
      expect(() => checkSbatchArgs([arg])).toThrow();
    }),
  );
});
