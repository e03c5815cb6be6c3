import { expect, test } from 'vitest';
import { Findings } from './findings.js';
import { lookAgain, Writer } from './look-again.js';

const { signal } = new AbortController();
const fault = { check: 'index', path: '/run/index/order.bin', problem: 'bad', remedy: 'repair' } as const;

/** Looks until the given number of looks found a fault. */
async function looks(atWork: () => boolean | null, faulty: number) {
  const findings = new Findings('/run');
  let count = 0;
  await lookAgain(findings, { writer: new Writer(atWork), signal }, async (found) => {
    if (++count <= faulty) found.fault(fault);
  });
  return { count, faults: findings.faults };
}

test('where nobody writes, the first look counts', async () => {
  expect(await looks(() => false, 1)).toMatchObject({ count: 1, faults: [{ file: 'index/order.bin' }] });
});

test('beside a run, a fault that is gone at the next look is none', async () => {
  expect(await looks(() => true, 1)).toEqual({ count: 2, faults: [] });
  expect(await looks(() => null, 1)).toEqual({ count: 2, faults: [] });
});

test('a run that ended between two looks still counts as at work', async () => {
  const answers = [true];
  const writer = new Writer(() => answers.pop() ?? false);
  expect(writer.mayWrite()).toBe(true);
  expect([writer.mayWrite(), writer.seen]).toEqual([true, true]);
});

test('a signal ends the wait', async () => {
  const stop = new AbortController();
  const look = async (found: Findings) => {
    found.fault(fault);
    stop.abort(new Error('stopped'));
  };
  const writer = new Writer(() => true);
  await expect(lookAgain(new Findings('/run'), { writer, signal: stop.signal }, look)).rejects.toThrow(
    'stopped',
  );
});

test('the first 20 faults of a kind are kept, and all are counted', () => {
  const findings = new Findings('/run');
  for (let i = 0; i < 30; i++) findings.fault({ ...fault, place: `block ${i}` });
  findings.fault({ ...fault, check: 'manifest', path: '/run/checkpoints/manifest.json' });
  expect([findings.faults.length, findings.counts]).toEqual([21, { index: 30, manifest: 1 }]);
});
