import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventSchema } from '../src/events/event-schema.js';
import { eventually, isStopped } from './processes.js';

// The command as a user starts it: the built one, in a process group of its own.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../bin/holdfast.js');

/** A real file that ships with the tests. */
export const fixture = (name: string): string => at(`fixtures/${name}`);

/** One line of the command's standard output, which is what the schema of events says. */
export type Line = { event: string } & Record<string, unknown>;

export interface Ended {
  code: number | null;
  signal: string | null;
  lines: Line[];
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves with the first line of that event; rejects when the command ends without one. */
  until(event: string): Promise<Line>;
  /** Calls back with each line, those that were before among them. */
  onLine(callback: (line: Line) => void): void;
  /** Kills the command and all its workers at once, as a lost machine would. */
  killGroup(): void;
}

export interface StartOptions {
  uid?: number;
  cwd?: string;
  /** Beside this process's own. */
  env?: NodeJS.ProcessEnv;
  /** A program that starts it, with its arguments, such as `prlimit`. */
  under?: readonly string[];
  /** An event at which it stands still, with its workers, until {@link goOn}: it cannot be over before a test hears of it. */
  standAt?: string;
  /** Started as a shell does, by its first line; else by this Node. */
  launcher?: boolean;
}

/** A line as an event. @throws Error for one that the schema of events does not know. */
export function eventOf(text: string): Line {
  const line = JSON.parse(text) as Line;
  const { error } = eventSchema.safeParse(line);
  if (error !== undefined) throw new Error(`not an event as in src/events: ${text}: ${error.message}`);
  return line;
}

/** Commands that work on a run. */
const works = ([command = '']: readonly string[]) => ['embed', 'work', 'join'].includes(command);

/** They report as JSON, unless the test asks for something else. */
const reporting = (args: readonly string[]): readonly string[] =>
  !works(args) || args.includes('--progress') || args.includes('--quiet')
    ? args
    : [args[0]!, '--progress', 'json', ...args.slice(1)];

const standingAt = (event: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--require ${fixture('stand-at.cjs')}`,
  STAND_AT: event,
});

export function start(
  args: readonly string[],
  { under = [], launcher, env, standAt, ...options }: StartOptions = {},
): Running {
  const [program, ...rest] = [...under, ...(launcher ? [] : [process.execPath]), BIN, ...reporting(args)] as [
    string,
    ...string[],
  ];
  const child = spawn(program, rest, {
    detached: true,
    stdio: 'pipe',
    env: { ...process.env, ...(standAt !== undefined && standingAt(standAt)), ...env },
    ...options,
  });
  child.stdin.on('error', () => undefined);
  const lines: Line[] = [];
  const callbacks: ((line: Line) => void)[] = [];
  const watchers: { event: string; resolve: (line: Line) => void; reject: (error: Error) => void }[] = [];
  let fault: Error | undefined;
  createInterface({ input: child.stdout }).on('line', (text) => {
    let line: Line;
    try {
      // Other commands print objects of their own.
      line = works(args) ? eventOf(text) : (JSON.parse(text) as Line);
    } catch (error) {
      fault ??= error as Error;
      return;
    }
    lines.push(line);
    for (const callback of callbacks) callback(line);
    for (const watcher of watchers) if (watcher.event === line.event) watcher.resolve(line);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => {
    // A test that reads no events must not pass for that.
    if (code === 0 && args[0] === 'embed' && lines.length === 0) fault ??= new Error('there was no event');
    for (const { event, reject } of watchers)
      reject(fault ?? new Error(`ended without ${event}: ${code} ${stderr}`));
    if (fault !== undefined) throw fault;
    return { code, signal, lines, stderr } as Ended;
  });
  return {
    child,
    ended,
    onLine(callback) {
      for (const line of lines) callback(line);
      callbacks.push(callback);
    },
    until: (event) =>
      new Promise((resolve, reject) => {
        const line = lines.find((line) => line.event === event);
        if (line) resolve(line);
        else watchers.push({ event, resolve, reject });
      }),
    killGroup: () => void process.kill(-child.pid!, 'SIGKILL'),
  };
}

/** Runs the command to its end, with `input` on its standard input. */
export async function holdfast(
  args: readonly string[],
  input: string | Uint8Array = '',
  options: StartOptions = {},
): Promise<Ended> {
  const running = start(args, options);
  running.child.stdin!.end(input);
  return running.ended;
}

/** Resolves with the event at which a command stands still, once it does. See {@link StartOptions.standAt}. */
export async function standing(running: Running, event: string): Promise<Line> {
  const line = await running.until(event);
  await eventually(() => isStopped(running.child.pid!));
  return line;
}

/** Lets a command go on that stands still. */
export const goOn = ({ child }: Running): void => void process.kill(-child.pid!, 'SIGCONT');

/** Runs the command until it tells of an event, and kills it then, with all its workers. */
export async function killedAfter(
  event: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Ended> {
  const running = start(args, { ...options, standAt: event });
  running.child.stdin!.end();
  await standing(running, event);
  running.killGroup();
  return running.ended;
}

/** The environment of a command that is killed, with its workers, at an operation of `node:fs/promises` on a path that matches. */
export const killedAt = (operation: string, name: string): NodeJS.ProcessEnv => ({
  NODE_OPTIONS: `--require ${fixture('kill-at.cjs')}`,
  KILL_AT: operation,
  KILL_NAME: name,
});

export const freshFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'command-'));

/** SHA-256 of what a run gave: embeddings and IDs. */
export async function digestOf(out: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['embeddings.safetensors', 'ids.txt']) hash.update(await readFile(join(out, file)));
  return hash.digest('hex');
}

/** Each ID of a result with its row, in order. */
export async function rowsOf(out: string): Promise<[string, number[]][]> {
  const bytes = await readFile(join(out, 'embeddings.safetensors'));
  const head = 8 + Number(bytes.readBigUInt64LE());
  const [rows, dim] = JSON.parse(bytes.toString('utf8', 8, head)).embeddings.shape as [number, number];
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
  if (ids.length !== rows || bytes.length !== head + rows * dim * 4) throw new Error(`${out}: not as said`);
  const number = (at: number) => bytes.readFloatLE(head + at * 4);
  return ids.map((id, row) => [id, Array.from({ length: dim }, (_, column) => number(row * dim + column))]);
}

/** Makes a model folder with a script of the fixtures. */
export async function madeModel(script: string, ...args: string[]): Promise<string> {
  const folder = await freshFolder();
  execFileSync(process.execPath, [fixture(script), folder, ...args]);
  return folder;
}

/** Resolves once a condition holds; the test's own limit ends it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A FASTA of so many windows of the lambda genome. */
export async function windows(count: number): Promise<string> {
  const path = join(await freshFolder(), 'windows.fa');
  const script = at('../../../tooling/workload/windows.mjs');
  const args = [
    script,
    fixture('lambda_virus.fa.gz'),
    '--count',
    `${count}`,
    '--length',
    '200',
    '--stride',
    '3',
  ];
  await writeFile(path, execFileSync(process.execPath, args, { maxBuffer: 1 << 30 }));
  return path;
}

/** The input of the fixtures `run_16384` and `run_before_rooms`. */
export async function globinsSixTimes(folder: string): Promise<string> {
  const text = await readFile(fixture('globins45.faa'), 'latin1');
  const input = join(folder, 'in.faa');
  await writeFile(input, Array.from({ length: 6 }, (_, copy) => text.replace(/^>/gm, `>${copy}_`)).join(''));
  return input;
}
