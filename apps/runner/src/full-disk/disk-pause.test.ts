import { expect, test } from 'vitest';
import type { RunEvent, WorkEvent } from '../events.js';
import { DiskPause } from './disk-pause.js';

function followed() {
  const said: string[] = [];
  const report = (event: RunEvent) => void said.push(event.type);
  const stop = new AbortController();
  const pause = new DiskPause('/out', report, stop.signal, true);
  const hear = (type: 'disk_full' | 'disk_room' | 'exited' | 'checkpoint', slot: number) =>
    pause.heard({ type, slot, message: 'ENOSPC: full' } as unknown as WorkEvent);
  return { said, hear, stop };
}

test('whoever meets it first, it is said once; and again when nobody waits any more', () => {
  const { said, hear } = followed();
  hear('disk_full', 0);
  hear('disk_full', 1);
  hear('disk_room', 0);
  expect(said).toEqual(['paused']);
  hear('disk_room', 1);
  hear('checkpoint', 1);
  expect(said).toEqual(['paused', 'continued']);
});

test('a worker that dies while it waits says nothing about the disk; the next checkpoint does', () => {
  const { said, hear } = followed();
  hear('disk_full', 0);
  hear('exited', 0);
  // The next one in its slot meets the same.
  hear('disk_full', 0);
  expect(said).toEqual(['paused']);
  hear('exited', 0);
  hear('checkpoint', 1);
  expect(said).toEqual(['paused', 'continued']);
});

test('a run that is stopped meanwhile does not say that it goes on', () => {
  const { said, hear, stop } = followed();
  hear('disk_full', 0);
  stop.abort();
  hear('disk_room', 0);
  expect(said).toEqual(['paused']);
});
