import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, eventOf, fixture, freshFolder, holdfast, killedAfter, windows } from './command.js';

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const GLOBINS = fixture('globins45.faa');
const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S.*$/;

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

/** What the command prints to pipes. */
function said(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { encoding: 'utf8' });
  return { code: status, stdout, stderr };
}
const line = (...more: string[]) => ['embed', GLOBINS, '--out', out, '--model', 'aac', ...more];

test('to a pipe, a run prints plain lines with their time, and nothing that steers a terminal', () => {
  const { code, stdout, stderr } = said(...line());
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout.trimEnd().split('\n');
  for (const each of lines) expect(each).toMatch(LINE);
  for (const steering of ['\r', '\x1b', '{']) expect(stdout).not.toContain(steering);
  expect(lines.map((each) => each.slice(20))).toEqual([
    expect.stringMatching(/^embedding 45 sequences/),
    expect.stringMatching(/^writing .*embeddings\.safetensors$/),
    expect.stringMatching(/^complete: 45 sequences × 20/),
  ]);
});

test('a bar that is asked for where there is no terminal is plain lines, with one warning', () => {
  const { code, stdout } = said(...line('--progress', 'bar'));
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  for (const each of lines) expect(each).toMatch(LINE);
  expect(lines[0]).toMatch(/warning: --progress bar: standard output is not a terminal/);
  expect(stdout.match(/warning:/g)).toHaveLength(1);
});

test('as JSON the first and the last progress are there, and nothing but events', () => {
  const { code, stdout } = said(...line('--progress', 'json'));
  expect(code).toBe(0);
  const events = stdout.trimEnd().split('\n').map(eventOf);
  const progress = events.filter(({ event }) => event === 'progress');
  expect(progress.map(({ sequences_done }) => sequences_done)).toEqual([0, 45]);
  expect(events.at(-1)).toMatchObject({ event: 'complete' });
});

test.each([['--quiet'], ['--progress=none']])(
  '%s prints nothing but what needs a person',
  async (...quiet) => {
    expect(said(...line(...quiet))).toEqual({ code: 0, stdout: '', stderr: '' });
    const input = join(folder, 'letters.faa');
    await writeFile(input, '>a\nMKTAYIAKJJ\n');
    const worried = said('embed', input, '--out', join(folder, 'other'), '--model', 'aac', ...quiet);
    expect(worried).toMatchObject({ code: 0, stdout: '' });
    expect(worried.stderr).toMatch(/^(holdfast: warning: .*\n)+$/);
  },
);

const scripted = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;
if (!scripted) console.warn('LEFT OUT: this machine has no `script` to make a terminal');
describe.runIf(scripted)('on a terminal', () => {
  const onTerminal = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const command = [process.execPath, BIN, ...args].map((word) => `'${word}'`).join(' ');
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...process.env, TERM: 'xterm', ...env },
    });
    return { code: status, screen: stdout };
  };

  test('the default is a bar', () => {
    const { code, screen } = onTerminal(line());
    expect(code).toBe(0);
    expect(screen).toContain('\r\x1b[2K[');
    expect(screen).toMatch(/\[[#-]+\] \d+% \d+\/45/);
    expect(screen).not.toMatch(/\d\d:\d\d:\d\d embedding/);
  });

  test.each<[string, string[], NodeJS.ProcessEnv]>([
    ['plain lines if they are asked for', ['--progress', 'plain'], {}],
    ['plain lines if it cannot overwrite a line', [], { TERM: 'dumb' }],
  ])('%s', (_, more, env) => {
    const { code, screen } = onTerminal(line(...more), env);
    expect(code).toBe(0);
    expect(screen).not.toContain('\x1b');
    for (const each of screen.trimEnd().split('\r\n')) expect(each).toMatch(LINE);
  });
});

describe('--log', () => {
  let reads: string;
  let whole: string;
  beforeAll(async () => {
    reads = await windows(2000);
    const undisturbed = join(await freshFolder(), 'out');
    expect(await holdfast(['embed', reads, '--out', undisturbed])).toMatchObject({ code: 0 });
    whole = await digestOf(undisturbed);
  });
  const eventsIn = async (log: string) => (await readFile(log, 'utf8')).trimEnd().split('\n').map(eventOf);

  test('has every event whatever is shown, and commands in turn append, also after a kill', async () => {
    const log = join(out, 'events.ndjson');
    const run = ['embed', reads, '--out', out, '--workers', '2', '--seq-threshold', '50', '--log', log];
    await killedAfter('checkpoint', run);
    const before = await eventsIn(log);
    expect(before.some(({ event }) => event === 'checkpoint')).toBe(true);
    // As if the kill had come amid a line.
    await appendFile(log, '{"format":1,"time":"20');
    expect(said(...run, '--quiet')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await digestOf(out)).toBe(whole);
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n');
    expect(lines.slice(0, before.length).map(eventOf)).toEqual(before);
    expect(lines[before.length]).toBe('{"format":1,"time":"20');
    const after = lines.slice(before.length + 1).map(eventOf);
    expect(after.find(({ event }) => event === 'planned')).toMatchObject({ resumed: true });
    expect(after.at(-1)).toMatchObject({ event: 'complete' });
    // The log is no file of the run: a restart leaves it alone, and so does the check of a finished one.
    const anew = await holdfast([...run, '--force-restart']);
    expect(anew).toMatchObject({ code: 0, stderr: '' });
    const all = (await readFile(log, 'utf8')).trimEnd().split('\n');
    expect(all.slice(0, lines.length)).toEqual(lines);
    // What is shown as JSON is what is logged.
    expect(all.slice(lines.length).map(eventOf)).toEqual(anew.lines);
  });

  test('a full disk behind it is said once, and neither ends the run nor changes its exit code', () => {
    const { code, stdout, stderr } = said(...line('--log', '/dev/full'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/complete: 45 sequences/);
    expect(stderr).toMatch(
      /^holdfast: --log \/dev\/full: cannot be written to \(ENOSPC: .*\); the run goes on, and the log lacks events\n$/,
    );
  });

  test.each<[string, () => string, RegExp]>([
    ['an input', () => GLOBINS, /globins45\.faa: holds something else than events of Holdfast/],
    ['a folder', () => folder, /is a folder/],
    ['a file in a folder that is not there', () => join(folder, 'no', 'log'), /make the folder .*no first/],
    ['a file of the run', () => join(out, 'logs', 'mine'), /belongs to the run/],
  ])('that is %s is refused before anything begins', async (_, log, says) => {
    const before = await readFile(GLOBINS);
    const { code, stdout, stderr } = said(...line('--log', log()));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(says);
    expect(existsSync(join(out, 'run.json'))).toBe(false);
    expect((await readFile(GLOBINS)).equals(before)).toBe(true);
  });
});
