import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { ends, type Frequent, isFrequent, SPARSE_MS, sparse } from './sparse.js';

const progress = (done: number): RunEvent => ({
  type: 'progress',
  sequences_done: done,
  sequences_total: 100,
  tokens_per_second: null,
  seconds_left: null,
});
const indexing = (sequences: number): RunEvent => ({
  type: 'indexing',
  sequences,
  residues: 1,
  bytes: 1,
  file: 'f',
});
const downloading = (bytes: number): RunEvent => ({
  type: 'downloading',
  model: 'm',
  bytes,
  totalBytes: 100,
  bytesPerSecond: null,
  secondsLeft: null,
});
const others: RunEvent[] = [
  { type: 'warning', message: 'w' },
  { type: 'waiting', reason: 'w' },
  { type: 'calibrating', device: 'cpu' },
  { type: 'downloaded', model: 'm', folder: 'f', bytes: 1 },
  { type: 'retrying', sequences: 1 },
  { type: 'assembling', file: 'f' },
  { type: 'coordinator', event: { type: 'ready', slot: 0 } },
  { type: 'coordinator', event: { type: 'stopped', signal: 'SIGTERM' } },
];
const events = fc.array(
  fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 25_000 })),
    event: fc.oneof(
      fc.integer({ min: 0, max: 100 }).map(progress),
      fc.integer({ min: 0, max: 100 }).map(indexing),
      fc.integer({ min: 0, max: 100 }).map(downloading),
      fc.constantFrom(...others),
    ),
  }),
);

/** Plays a story. @returns what was passed on, and what was reported, with its moment each. */
function played(story: { wait: number; event: RunEvent }[]) {
  let now = 0;
  const passed: { event: RunEvent; at: number }[] = [];
  const reported: { event: RunEvent; at: number }[] = [];
  const { report, end } = sparse(
    (event, at) => passed.push({ event, at }),
    () => now,
  );
  for (const { wait, event } of story) {
    now += wait;
    reported.push({ event, at: now });
    report(event);
  }
  end();
  return { passed, reported };
}

/** The stretches in which one kind of progress is reported, each until something ends it. */
function stretches<T extends { event: RunEvent }>(list: readonly T[], type: Frequent['type']): T[][] {
  const found: T[][] = [[]];
  for (const each of list) {
    if (each.event.type === type) found.at(-1)!.push(each);
    else if (ends(type, each.event)) found.push([]);
  }
  return found.filter((stretch) => stretch.length > 0);
}

const isWhole = (event: RunEvent) =>
  event.type === 'progress' && event.sequences_done >= event.sequences_total;

const falls = (before: RunEvent, now: RunEvent) =>
  before.type === 'progress' && now.type === 'progress' && now.sequences_done < before.sequences_done;

test('law: all other events pass, in order; of each stretch of progress the first and the last do, and the rest every 10 s, or as it falls', () => {
  fc.assert(
    fc.property(events, (story) => {
      const { passed, reported } = played(story);
      const rare = (list: typeof passed) => list.filter(({ event }) => !isFrequent(event));
      expect(rare(passed)).toEqual(rare(reported));
      for (const type of ['indexing', 'downloading', 'progress'] as const) {
        const [all, some] = [stretches(reported, type), stretches(passed, type)];
        expect(some.length).toBe(all.length);
        for (const [at, stretch] of all.entries()) {
          const shown = some[at]!;
          expect(shown[0]).toEqual(stretch[0]);
          // Once it is said that all are done, saying it again adds nothing.
          if (!isWhole(stretch.at(-1)!.event)) expect(shown.at(-1)).toEqual(stretch.at(-1));
          else expect(shown.some(({ event }) => isWhole(event))).toBe(true);
          const close = shown
            .slice(1, -1)
            .filter((each, i) => each.at - shown[i]!.at < SPARSE_MS && !falls(shown[i]!.event, each.event));
          expect(close.filter(({ event }) => !isWhole(event)).length).toBeLessThanOrEqual(
            shown.filter(({ event }) => isWhole(event)).length,
          );
        }
      }
    }),
  );
});

test('what is kept back comes with the time at which it was reported', () => {
  const { passed } = played([
    { wait: 0, event: progress(1) },
    { wait: 10, event: progress(2) },
    { wait: 500, event: { type: 'assembling', file: 'f' } },
  ]);
  expect(passed.map(({ at }) => at)).toEqual([0, 10, 510]);
});

test('sequences that were lost leave the count at once', () => {
  const { passed } = played([50, 60, 40, 41].map((done) => ({ wait: 10, event: progress(done) })));
  expect(passed.map(({ event }) => event)).toEqual([50, 40, 41].map(progress));
});

test('all done is said once, however soon', () => {
  const { passed } = played([1, 100, 100, 100].map((done) => ({ wait: 10, event: progress(done) })));
  expect(passed.map(({ event }) => event)).toEqual([progress(1), progress(100)]);
});
