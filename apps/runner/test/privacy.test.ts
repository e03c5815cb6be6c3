import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { fixture, freshFolder } from './command.js';

// Every command under strace, with all its processes: whatever a dependency does behind our back is seen by the kernel.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../bin/holdfast.js');
const TINY_ESM2 = at('../../../packages/gpu-runtime/test/fixtures/tiny_esm2');
const LIBRARY = at('../../../packages/gpu-runtime/dist/index.js');

const straced = spawnSync('strace', ['-V']).status === 0;
if (!straced) console.warn('strace is not installed: the privacy tests are left out');

let home: string;
let temp: string;
let work: string;
let out: string;
beforeEach(async () => {
  const folder = await freshFolder();
  [home, temp, work] = ['home', 'temp', 'work'].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [home, temp, work]) await mkdir(each);
  out = join(work, 'out');
});

/** System calls that make, change or remove a name; the paths are their quoted arguments. */
const CHANGES =
  /^(mkdir|mknod|creat|truncate|rename|link|symlink|unlink|rmdir|chmod|chown|fchmodat|fchownat|utime)/;

interface Traced {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Calls that write outside the output folder. */
  written: string[];
  /** Calls that reach, or could reach, the network. */
  sent: string[];
}

/** Runs a program of Node with an empty HOME and temp folder, and tells what it did that it should not. */
async function traced(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Traced> {
  const log = join(work, '..', 'strace.log');
  const calls = 'trace=%network,%file';
  const { NODE_OPTIONS: _, ORT_DISABLE_TELEMETRY: __, ...rest } = process.env;
  const ended = await new Promise<Pick<Traced, 'code' | 'stdout' | 'stderr'>>((resolve) => {
    const child = execFile(
      'strace',
      ['-f', '--seccomp-bpf', '-y', '-s', '4096', '-e', calls, '-o', log, process.execPath, ...args],
      { cwd: work, env: { ...rest, HOME: home, TMPDIR: temp, ...env }, maxBuffer: 1 << 26 },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end();
  });
  const lines = (await readFile(log, 'utf8')).split('\n').map((line) => line.replace(/^\d+ +/, ''));
  return {
    ...ended,
    written: lines.filter(writesOutside),
    // Node talks to its children over socket pairs of AF_UNIX, which need neither of these.
    sent: lines.filter((line) =>
      /^(socket\((?!AF_UNIX)|connect\((?!.*AF_UNIX)|sendto\(|sendmmsg\(|bind\()/.test(line),
    ),
  };
}

/** Whether a system call, as strace prints it with `-y`, writes to a name outside the output folder. */
function writesOutside(line: string): boolean {
  const opens = /^open(at2?)?\(/.test(line) && /O_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)/.test(line);
  if (!opens && !CHANGES.test(line)) return false;
  const base = /^\w+\([^"]*<([^>]*)>/.exec(line)?.[1] ?? work;
  const paths = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, path]) => path!);
  return paths.map((path) => (path.startsWith('/') ? path : join(base, path))).some((path) => !isOurs(path));
}

const isOurs = (path: string) =>
  path === out ||
  path.startsWith(`${out}/`) ||
  path.startsWith('/dev/') ||
  /^\/proc\/(self|\d+)\//.test(path);

async function expectPrivate({ written, sent }: Traced): Promise<void> {
  expect(written).toEqual([]);
  expect(sent).toEqual([]);
  expect([await readdir(home), await readdir(temp)]).toEqual([[], []]);
}

describe.runIf(straced)('nothing is written outside the output folder, and nothing is sent', () => {
  test.each([
    ['the built-in model', ['embed', fixture('messy.fa'), '--workers', '1']],
    // One more process tries the model, and one measures batches.
    [
      'a model folder, and a measurement',
      ['embed', fixture('globins45.faa'), '--workers', '2', '--model', TINY_ESM2, '--batch-tokens', 'auto'],
    ],
    ['doctor', ['doctor']],
  ])('%s', async (_what, args) => {
    const [command, ...rest] = args;
    if (command === 'doctor') await mkdir(out);
    const run = await traced([BIN, command!, ...rest, '--out', out]);
    expect(run.code, run.stderr).toBe(0);
    await expectPrivate(run);
    expect((await readdir(work)).filter((name) => name !== 'out')).toEqual([]);
  });

  test.each([
    ['models', ['models']],
    ['models --json', ['models', '--json']],
    ['help', ['help']],
    ['help embed', ['help', 'embed']],
    ['--version', ['--version']],
    ['status', ['status', fixture('run_16384')]],
    ['status --json', ['status', '--json', fixture('run_before_letters/proteins_run')]],
    ['inspect', ['inspect', at('../../../packages/checkpoint/test/fixtures/original/batch_00000.pt')]],
    [
      'inspect --json',
      ['inspect', '--json', at('../../../packages/checkpoint/test/fixtures/original/batch_00000.pt')],
    ],
  ])('%s', async (_what, args) => {
    const run = await traced([BIN, ...args]);
    expect(run.code, run.stderr).toBe(0);
    await expectPrivate(run);
    expect(await readdir(work)).toEqual([]);
  });

  test('a run that is refused', async () => {
    const run = await traced([BIN, 'embed', fixture('SOURCES.md'), '--out', out, '--model', TINY_ESM2]);
    expect(run.code).toBe(2);
    await expectPrivate(run);
  });

  test.each([
    ['as it is', {}],
    ['where the user allows it', { ORT_DISABLE_TELEMETRY: '0' }],
    ['where the user disables it in other words', { ORT_DISABLE_TELEMETRY: 'true' }],
  ])('@holdfast/gpu-runtime as a library, %s', async (_what, env) => {
    const script = join(home, '..', 'script.mjs');
    await writeFile(
      script,
      `import { loadModel, resolveModel } from ${JSON.stringify(pathToFileURL(LIBRARY).href)};
      const model = await loadModel(await resolveModel(${JSON.stringify(TINY_ESM2)}));
      const rows = await model.embed([Buffer.from('MKTAYIAK')]);
      await model.release();
      console.log(rows.length === model.source.dim);`,
    );
    const run = await traced([script], env);
    expect([run.code, run.stdout], run.stderr).toEqual([0, 'true\n']);
    await expectPrivate(run);
  });
});
