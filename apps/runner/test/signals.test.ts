import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  type Ended,
  fixture,
  freshFolder,
  holdfast,
  type Running,
  start,
  windows,
} from './command.js';
import { childrenOf, eventually, listensTo, portsOf } from './processes.js';

// Real signals to real processes, in each phase. What happens is put in a table, which docs/signals.md has to hold:
// WRITE_DOCS=1 writes it.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../bin/holdfast.js');
const DOCS = at('../../../docs/signals.md');
const TINY_ESM2 = at('../../../packages/gpu-runtime/test/fixtures/tiny_esm2');
const LAUNCHED = { launcher: true } as const;

type Signal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGQUIT' | 'SIGUSR1' | 'SIGUSR2' | 'SIGXCPU';
const WARNINGS: Signal[] = ['SIGUSR1', 'SIGUSR2', 'SIGXCPU'];
const ASKING: Signal[] = ['SIGHUP', 'SIGQUIT', ...WARNINGS];
const ALL: Signal[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', ...WARNINGS];

let reads: string;
let whole: string;
let out: string;
beforeAll(async () => {
  reads = await windows(4000);
  const undisturbed = join(await freshFolder(), 'out');
  expect(await holdfast([...line(undisturbed)])).toMatchObject({ code: 0 });
  whole = await digestOf(undisturbed);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const line = (folder = out) =>
  `embed ${reads} --out ${folder} --workers 2 --seq-threshold 50 --batch-tokens 4000`.split(' ');

/** What was seen, by process, phase and what happened. */
const seen = new Map<string, Signal[]>();
function record(process: string, phase: string, signal: Signal, what: string): void {
  const key = `| ${process} | ${phase} | ${what} |`;
  seen.set(key, [...(seen.get(key) ?? []), signal]);
}

/** Sends a signal, and sees that no port is listened on from then on. */
function signalled(running: Running, pid: number, signal: Signal): void {
  process.kill(pid, signal);
  let looks = 0;
  const look = () => {
    expect(portsOf(running.child.pid!)).toEqual([]);
    if (running.child.exitCode === null && running.child.signalCode === null && looks++ < 1000)
      setTimeout(look, 20);
  };
  look();
}

/** The exit code as a shell tells it. */
const codeOf = ({ code, signal }: Ended): number | string =>
  code ?? ({ SIGTERM: 143, SIGINT: 130 } as Record<string, number>)[signal!] ?? signal!;

/** Sees that the command says which signal stopped it, and how it ended. */
function stoppedBy(signal: Signal, ended: Ended): string {
  expect(ended.stderr).toMatch(new RegExp(`^holdfast: stopped by ${signal}\\b.*\\n$`));
  expect(codeOf(ended)).toBe(signal === 'SIGINT' ? 130 : 143);
  return 'ends in order with exit code 143 (SIGINT: 130)';
}

async function completes(args = line(), digest = whole): Promise<string> {
  expect(await holdfast(args)).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(digest);
  return 'the same command then completes with the same bytes';
}

describe('the command', () => {
  test.each(ALL)('%s while it starts', async (signal) => {
    const running = start(line(), LAUNCHED);
    await eventually(() => listensTo(running.child.pid!, 'SIGXCPU'));
    signalled(running, running.child.pid!, signal);
    const how = stoppedBy(signal, await running.ended);
    expect(existsSync(out)).toBe(false);
    record('command', 'starting', signal, `${how}; nothing is begun`);
  });

  test.each(['SIGQUIT', 'SIGUSR1'] as const)('%s while a model is tried', async (signal) => {
    const running = start(['embed', fixture('globins45.faa'), '--out', out, '--model', TINY_ESM2], LAUNCHED);
    await eventually(() => childrenOf(running.child.pid!, 'model-trial').length > 0);
    // Held, the trial does not end by itself.
    process.kill(childrenOf(running.child.pid!, 'model-trial')[0]!, 'SIGSTOP');
    signalled(running, running.child.pid!, signal);
    const how = stoppedBy(signal, await running.ended);
    expect(existsSync(out)).toBe(false);
    record('command', 'model trial', signal, `${how}; nothing is begun`);
  });

  test.each(ASKING)('%s while it reads the input', async (signal) => {
    const running = start(['embed', '-', '--out', out], LAUNCHED);
    running.child.stdin!.write('>a\nACGTACGT\n');
    await running.until('indexing');
    signalled(running, running.child.pid!, signal);
    const how = stoppedBy(signal, await running.ended);
    expect(existsSync(out)).toBe(false);
    record('command', 'indexing', signal, `${how}; nothing is begun`);
  });

  test.each(ALL)('%s while workers embed', async (signal) => {
    const running = start(line(), LAUNCHED);
    await running.until('checkpoint');
    signalled(running, running.child.pid!, signal);
    const ended = await running.ended;
    const how = stoppedBy(signal, ended);
    expect(ended.lines).toContainEqual(expect.objectContaining({ event: 'stopping', signal }));
    record('command', 'embedding', signal, `workers save, and it ${how}; ${await completes()}`);
  });

  test.each(['SIGUSR1', 'SIGXCPU'] as const)(
    '%s to the whole process group, as batch systems send it',
    async (signal) => {
      const running = start(line(), LAUNCHED);
      await running.until('checkpoint');
      signalled(running, -running.child.pid!, signal);
      const how = stoppedBy(signal, await running.ended);
      record('command and workers', 'embedding', signal, `workers save, and it ${how}; ${await completes()}`);
    },
  );

  test.each(['SIGXCPU'] as const)('%s again and again does not cut the saving short', async (signal) => {
    const running = start(line(), LAUNCHED);
    await running.until('checkpoint');
    signalled(running, running.child.pid!, signal);
    const again = setInterval(() => running.child.kill(signal), 5);
    const ended = await running.ended;
    clearInterval(again);
    stoppedBy(signal, ended);
    // A worker that is still starting has nothing to save, and is killed at once.
    const reasons = ended.lines.filter(({ event }) => event === 'killed').map(({ reason }) => reason);
    expect(reasons.filter((reason) => !/it was still starting$/.test(String(reason)))).toEqual([]);
    record('command', 'saving', signal, 'goes on saving');
  });

  test.each(['SIGQUIT', 'SIGUSR1'] as const)('%s while it writes the result', async (signal) => {
    const running = start(line(), LAUNCHED);
    await running.until('assembling');
    signalled(running, running.child.pid!, signal);
    const ended = await running.ended;
    // It may have been done before the signal came.
    if (ended.code !== 0) stoppedBy(signal, ended);
    const what = 'ends in order with exit code 143, or 0 if it was done by then';
    record('command', 'assembling', signal, `${what}; ${await completes()}`);
  });

  test('SIGHUP under nohup is ignored by the command and its workers', async () => {
    const running = start(line(), { ...LAUNCHED, under: ['nohup'] });
    await running.until('checkpoint');
    for (const pid of [running.child.pid!, ...childrenOf(running.child.pid!)]) process.kill(pid, 'SIGHUP');
    const { code, lines } = await running.ended;
    expect([code, lines.filter(({ event, exit_code }) => event === 'exited' && exit_code !== 0)]).toEqual([
      0,
      [],
    ]);
    expect(await digestOf(out)).toBe(whole);
    record('command and workers under nohup', 'embedding', 'SIGHUP', 'goes on, with the same bytes');
  });

  test.each(ASKING)('doctor: %s', async (signal) => {
    await mkdir(out);
    const running = start(['doctor', '--out', out], LAUNCHED);
    await eventually(() => childrenOf(running.child.pid!).length > 0 || readdirNow(out).length > 0);
    signalled(running, running.child.pid!, signal);
    const how = stoppedBy(signal, await running.ended);
    expect(await readdir(out)).toEqual([]);
    record('doctor', 'any', signal, `${how}; nothing is left behind`);
  });

  test.each(ALL)('inspect: %s', async (signal) => {
    const pipe = join(await freshFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const running = start(['inspect', pipe], LAUNCHED);
    await eventually(() => listensTo(running.child.pid!, 'SIGXCPU'));
    signalled(running, running.child.pid!, signal);
    record('inspect', 'any', signal, stoppedBy(signal, await running.ended));
  });
});

describe('a worker alone', () => {
  test.each(['SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)('%s in its first milliseconds', async (signal) => {
    const running = start(line(), LAUNCHED);
    let sent = 0;
    running.onLine(({ event, pid }) => {
      if (event === 'spawned' && sent++ < 2) signalled(running, pid as number, signal);
    });
    const { code, lines } = await running.ended;
    expect([code, sent]).toEqual([0, expect.any(Number)]);
    expect(await digestOf(out)).toBe(whole);
    for (const { kind } of lines.filter(({ event }) => event === 'failed'))
      expect(kind).toBe('spot_preemption');
    const what =
      'goes on, or is replaced soon; costs no start-up failure; the run completes with the same bytes';
    record('worker', 'starting', signal, what);
  });

  test.each(ASKING)('%s while it embeds', async (signal) => {
    const running = start(line(), LAUNCHED);
    await running.until('checkpoint');
    const [worker] = childrenOf(running.child.pid!, 'worker');
    signalled(running, worker!, signal);
    const { code, lines } = await running.ended;
    expect(code).toBe(0);
    expect(await digestOf(out)).toBe(whole);
    const failed = lines.filter(({ event }) => event === 'failed');
    for (const { kind } of failed) expect(kind).toBe('spot_preemption');
    if (signal !== 'SIGINT')
      for (const { message } of failed) expect(message).toContain(`stopped by ${signal}`);
    expect(lines.filter(({ event }) => event === 'shard_failed')).toEqual([]);
    const what = 'saves and ends; its shard is preempted, not failed; the run completes with the same bytes';
    record('worker', 'embedding', signal, what);
  });
});

test.each(['SIGQUIT', 'SIGUSR1', 'SIGXCPU'] as const)('a trial of the model alone: %s', async (signal) => {
  const running = start(
    ['embed', fixture('globins45.faa'), '--out', out, '--model', TINY_ESM2, '--workers', '1'],
    LAUNCHED,
  );
  const trial = () => childrenOf(running.child.pid!, 'model-trial')[0];
  await eventually(() => trial() !== undefined && listensTo(trial()!, 'SIGXCPU'));
  signalled(running, trial()!, signal);
  const { code, lines } = await running.ended;
  expect([code, lines.filter(({ event }) => event === 'warning')]).toEqual([0, []]);
  record('helper', 'model trial', signal, 'is started again at once; the run completes');
});

test('a command that is started without the launcher closes the port that SIGUSR1 opened while Node.js started', async () => {
  const hook = join(await freshFolder(), 'hook.cjs');
  // As if the signal had come before anybody listened.
  await writeFile(hook, "require('node:inspector').open(0, '127.0.0.1');");
  await mkdir(out);
  const child = spawn(process.execPath, ['--require', hook, BIN, 'embed', '-', '--out', out], {
    stdio: 'pipe',
  });
  child.stdin.write('>a\nACGTACGT\n');
  await eventually(() => readdirNow(out).includes('.holdfast'));
  expect(portsOf(child.pid!)).toEqual([]);
  child.kill('SIGTERM');
  await once(child, 'close');
});

test('docs/signals.md tells all of this', async () => {
  const rows = [...seen].map(([key, signals]) => {
    const [, process, phase, what] = key.split('|').map((cell) => cell.trim());
    return `| ${process} | ${phase} | ${signals.map((signal) => signal.slice(3)).join(', ')} | ${what} |`;
  });
  console.log(rows.join('\n'));
  const docs = readFileSync(DOCS, 'utf8');
  const told = /^\| -+ \|.*\n([\s\S]*?)\n\n/m.exec(docs)![1]!;
  if (process.env['WRITE_DOCS'])
    await writeFile(
      DOCS,
      docs.replace(told, () => rows.join('\n')),
    );
  else expect(told.split('\n').map(withoutPadding)).toEqual(expect.arrayContaining(rows));
});

/** A row of a table without what lines up its columns. */
const withoutPadding = (row: string) => row.replace(/ +\|/g, ' |');

const readdirNow = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
