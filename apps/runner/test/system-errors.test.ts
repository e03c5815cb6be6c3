import { spawnSync } from 'node:child_process';
import { chmod, chown, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Ended, fixture, freshFolder, holdfast, killedAfter, windows } from './command.js';

// What a disk or a file server answers for a moment, made by strace for one path.

const traceable = spawnSync('strace', ['-f', '-e', 'inject=fsync:error=EIO:when=9', 'true']).status === 0;
if (!traceable) console.warn('LEFT OUT: calls cannot be made to fail on this machine (strace)');

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

/** Runs the command while each such call on the path fails. */
const failing = (path: string, call: string, errno: string, args: readonly string[]) =>
  holdfast(args, '', {
    under: ['strace', '-f', '-qq', '-o', '/dev/null', '-P', path, '-e', `inject=${call}:error=${errno}`],
  });

const line = (input: string) => ['embed', input, '--out', out, '--workers', '1', '--seq-threshold', '100'];

/** A run that was killed half-way. */
async function halfDone(): Promise<string> {
  const input = await windows(3000);
  await killedAfter('checkpoint', line(input));
  return input;
}

/** Exit code 1, and one line that tells the cause by name, and how to go on: not elsewhere. */
function passes({ code, stderr }: Ended, cause: RegExp): void {
  expect([code, stderr]).toEqual([1, expect.stringMatching(cause)]);
  expect(stderr).toMatch(/^holdfast: [^\n]+, then rerun the same command to (resume|start)\n$/);
  expect(stderr).not.toMatch(/another --out|force-restart|Unknown system error|(E[A-Z]+): \1/);
}

test.runIf(traceable)(
  'a disk that fails for a moment on a half-done run: exit code 1, and the rerun completes',
  async () => {
    const input = await halfDone();
    const cases = [
      [
        out,
        'access',
        'EIO',
        /out: the output folder cannot be written to \(EIO: input\/output error\); finished work is kept/,
      ],
      [out, 'statx', 'ESTALE', /ESTALE: /],
      [
        join(out, 'run.json'),
        'openat',
        'EREMOTEIO',
        /EREMOTEIO: [^;]+'[^']+run\.json'; finished work is kept/,
      ],
      [join(out, '.lock'), 'openat', 'ETIMEDOUT', /ETIMEDOUT: [^;]+\.lock/],
      [join(out, 'index', 'ids.txt'), 'openat', 'ENETDOWN', /ids\.txt.*ENETDOWN/],
      [input, 'openat', 'EIO', /windows\.fa: reading failed \(EIO: /],
      [input, 'read', 'ESTALE', /windows\.fa: reading failed \(ESTALE: /],
    ] as const;
    for (const [path, call, errno, says] of cases)
      passes(await failing(path, call, errno, line(input)), says);
    expect(await holdfast(line(input))).toMatchObject({ code: 0 });
  },
);

test.runIf(traceable)('a model folder that cannot be read for a moment is not refused for good', async () => {
  const model = fixture('../../../../packages/gpu-runtime/test/fixtures/tiny_esm2');
  const args = ['embed', fixture('globins45.faa'), '--out', out, '--model', model, '--workers', '1'];
  for (const name of ['config.json', 'model.onnx'])
    passes(
      await failing(join(model, name), 'openat', 'EIO', args),
      new RegExp(`${name}: cannot be read \\(EIO: `),
    );
});

test('a working directory that was removed is told as such, whatever the paths', async () => {
  const gone = join(folder, 'gone');
  const script = 'mkdir "$1" && cd "$1" && rmdir "$1" && shift && exec "$@"';
  for (const input of [fixture('messy.fa'), 'x.fa']) {
    const { code, stderr } = await holdfast(['embed', input, '--out', out], '', {
      under: ['sh', '-c', script, 'sh', gone],
    });
    expect([code, stderr]).toEqual([
      2,
      'holdfast: the working directory was removed; cd to a folder that exists, then rerun the command\n',
    ]);
  }
});

test.each([
  ['open files', 'ulimit -n 30', /ulimit -n 264 or more/],
  ['address space', 'ulimit -v 1000000', /ulimit -v 2097152 or more/],
])('a limit on %s is told as such, with the number that is wanted', async (_what, limit, says) => {
  const input = join(folder, 'x.fa');
  await writeFile(input, '>a\nACGTACGT\n');
  const { code, stderr } = await holdfast(['embed', input, '--out', out], '', {
    under: ['sh', '-c', `${limit} && exec "$@"`, 'sh'],
  });
  expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
  expect(stderr).not.toContain('install');
});

test.runIf(traceable)(
  'where folders cannot be synced, doctor and embed both say so, and the run completes',
  async () => {
    await mkdir(out);
    const note = /fsync: EINVAL.*power cut/;
    const checked = spawnSync(
      'strace',
      [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-P',
        out,
        '-e',
        'inject=fsync:error=EINVAL',
        process.execPath,
        BIN,
        'doctor',
        '--out',
        out,
      ],
      { encoding: 'utf8' },
    );
    expect(checked.stdout).toMatch(/^note +folder sync +.*fsync: EINVAL.*power cut/m);
    expect(checked.stdout).toMatch(/Embedding on the CPU into .* is possible/);
    const ended = await failing(out, 'fsync', 'EINVAL', ['embed', fixture('messy.fa'), '--out', out]);
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.lines.filter(({ event }) => event === 'warning')).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(note) }),
    );
  },
);

// Root may read and start anything, so these give its rights away.
describe.runIf(process.getuid?.() === 0)('as a user', () => {
  const uid = 65_534;
  beforeEach(async () => {
    for (const path of [dirname(folder), folder]) await chmod(path, 0o755);
    await mkdir(out);
    await chown(out, uid, uid);
  });

  test('an input or a model file that may not be read is told with the remedy, and ends with 2', async () => {
    const input = join(folder, 'x.fa');
    await writeFile(input, '>a\nMKT\n', { mode: 0o000 });
    const unread = await holdfast(['embed', input, '--out', out], '', { uid });
    expect([unread.code, unread.stderr]).toEqual([
      2,
      `holdfast: ${input}: permission denied; let this user read it (chmod, chown)\n`,
    ]);
    const model = join(folder, 'model');
    await cp(fixture('../../../../packages/gpu-runtime/test/fixtures/tiny_esm2'), model, { recursive: true });
    await chmod(join(model, 'model.onnx'), 0o000);
    const { code, stderr } = await holdfast(['embed', input, '--out', out, '--model', model], '', { uid });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /model\.onnx: cannot be read \(EACCES\); let this user read it \(chmod, chown\)\n$/,
      ),
    ]);
  });
});
