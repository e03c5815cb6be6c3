import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type Screen, showStatus, statusOf } from './show-status.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'show-'));
});

/** A run that was killed while its input was read. */
const killed = () => writeFile(join(dir, '.holdfast'), '');
const ask = { json: false, watch: false };
const { signal } = new AbortController();

function screen(isTTY: boolean, onWrite: () => void = () => undefined): Screen & { text: string } {
  const shown = {
    text: '',
    isTTY,
    columns: 0,
    rows: 0,
    write(text: string) {
      shown.text += text;
      onWrite();
    },
  };
  return shown;
}

test('lines for people, or one object on a line', async () => {
  await killed();
  const [people, programs] = [screen(false), screen(false)];
  await showStatus({ ...ask, dir }, people, signal);
  expect(people.text).toMatch(/^.*: stopped, not complete: the command ended before its run began/);
  await showStatus({ ...ask, dir, json: true }, programs, signal);
  expect(JSON.parse(programs.text)).toMatchObject({ format: 1, state: 'stopped' });
  expect(programs.text.indexOf('\n')).toBe(programs.text.length - 1);
});

test('a folder without a run is not shown, and not watched', async () => {
  const shown = screen(true);
  expect(await showStatus({ ...ask, dir, watch: true }, shown, signal)).toMatchObject({ state: 'none' });
  expect(shown.text).toBe('');
});

test.each([
  [true, '\r\x1b[J'],
  [false, ''],
])('a watch on a terminal (%s) ends with its signal', async (isTTY, begins) => {
  await killed();
  const end = new AbortController();
  const shown = screen(isTTY, () => end.abort());
  expect(await showStatus({ ...ask, dir, watch: true }, shown, end.signal)).toMatchObject({
    state: 'stopped',
  });
  expect(shown.text.split('\n')[0]).toContain(': stopped');
  expect(shown.text.startsWith(`${begins}${dir}`)).toBe(true);
});

test('a heartbeat that is no JSON is told of, and the rest is shown', async () => {
  await killed();
  await writeFile(join(dir, '.holdfast-heartbeat'), '\0\0');
  const { state, notes } = await statusOf(dir);
  expect([state, notes]).toEqual([
    'stopped',
    [expect.stringMatching(/heartbeat could not be read \(it is not JSON\)/)],
  ]);
});

test('other options are refused', async () => {
  await expect(showStatus({ dir } as never, screen(false), signal)).rejects.toMatchObject({
    code: 'invalid_option',
  });
  await expect(statusOf('')).rejects.toMatchObject({ code: 'invalid_option' });
});
