import { type ChildProcess, execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CheckpointManifest, type ManifestState } from '@holdfast/manifest';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const fresh = () => mkdtempSync(join(tmpdir(), 'manifest-'));

test('many processes at one manifest, each killed at random moments, lose nothing that was acknowledged', () => {
  const lines = execFileSync(process.execPath, [
    at('../manifest-kills.mjs'),
    ...['--out', fresh(), '--processes', '6', '--updates', '150', '--kills', '20', '--seed', '11'],
  ]);
  expect(JSON.parse(lines.toString())).toMatchObject({ lost: 0, twice: 0, recorded: 900, verdict: 'held' });
});

/** A process at work on manifests; another takes its place when it dies. */
class Hands {
  #child: ChildProcess | null = null;
  deaths = 0;

  /** What the process answers; null when it died before. */
  async do(order: object): Promise<{ value?: unknown; error?: string } | null> {
    if (this.#child === null) {
      this.#child = fork(at('../manifest-hands.mjs'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      await once(this.#child, 'message');
    }
    const child = this.#child;
    const answer = new Promise<object | null>((resolve) => {
      child.once('message', (message) => resolve(message as object));
      child.once('exit', () => {
        this.#child = null;
        this.deaths++;
        resolve(null);
      });
    });
    child.send(order);
    const got = await answer;
    child.removeAllListeners('message').removeAllListeners('exit');
    return got;
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }
}

const HANDS = 3;
const hands = Array.from({ length: HANDS }, () => new Hands());
afterAll(() => {
  for (const each of hands) each.kill();
});

const shard = fc.nat(1);
const batch = fc.nat(5);
const count = fc.nat(50);
const call = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      method: fc.constant('updateShardCheckpoint'),
      args: fc.tuple(shard, batch, count, fc.constantFrom('a.pt', 'b.pt')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constantFrom('markShardComplete', 'markShardInProgress'),
      args: fc.tuple(shard),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constant('markShardFailed'),
      args: fc.tuple(shard, fc.constantFrom('x', 'y')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      method: fc.constant('recordRecovery'),
      args: fc.tuple(shard, fc.constantFrom(null, { oom: 1 }, { oom: 2 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ method: fc.constant('recordRedistribution'), args: fc.tuple(shard, shard) }),
  },
);
const order = fc.record({
  hand: fc.nat(HANDS - 1),
  call,
  // At most of them nobody dies.
  steps: fc.option(fc.nat(24), { freq: 2, nil: undefined }),
});
type Call = { method: string; args: readonly (string | number | object | null)[] };

/** What is compared: all but the times, and what counts the events. */
interface Seen {
  shards: { status: string; error: string | null; recovery: unknown; checkpoints: Record<number, string> }[];
  owners: Record<number, number>;
}

function seen({ shards, redistributions }: ManifestState): Seen {
  return {
    shards: [0, 1].map((rank) => {
      const { status, error, recovery, checkpoints, total_sequences } = shards[rank]!;
      expect(new Set(checkpoints.map(({ batch_idx }) => batch_idx)).size).toBe(checkpoints.length);
      expect(checkpoints.reduce((sum, { num_sequences }) => sum + num_sequences, 0)).toBe(total_sequences);
      const entries = checkpoints.map(({ batch_idx, num_sequences, file }) => [
        batch_idx,
        `${num_sequences} ${file}`,
      ]);
      return { status, error, recovery, checkpoints: Object.fromEntries(entries) };
    }),
    owners: Object.fromEntries(redistributions.map(({ failed_rank, new_rank }) => [failed_rank, new_rank])),
  };
}

/** The model: what a call makes of a state. */
function after(state: Seen, { method, args }: Call): Seen {
  const next = structuredClone(state);
  const [rank, first, second, file] = args as [number, never, never, never];
  const one = next.shards[rank]!;
  if (method === 'updateShardCheckpoint') one.checkpoints[first] = `${second} ${file}`;
  else if (method === 'recordRedistribution') next.owners[rank] = first;
  else if (method === 'recordRecovery') one.recovery = first;
  else if (method === 'markShardFailed') Object.assign(one, { status: 'failed', error: first });
  else if (method === 'markShardInProgress') Object.assign(one, { status: 'in_progress', error: null });
  else Object.assign(one, { status: 'complete', error: null, recovery: null });
  return next;
}

test.each([
  ['small, and written anew each time', 2, 25],
  ['large, and with a journal', 200, 25],
])(
  'a manifest that is %s is what its acknowledged updates make it, whoever is killed in the middle',
  async (_, size, numRuns) => {
    await fc.assert(
      fc.asyncProperty(fc.array(order, { minLength: 5, maxLength: 30 }), async (orders) => {
        const path = join(fresh(), 'manifest.json');
        const watcher = new CheckpointManifest(path);
        await watcher.initialize(size);
        let state = seen(await watcher.load());
        for (const { hand, call, steps } of orders) {
          const answer = await hands[hand]!.do({ path, ...call, steps });
          JSON.parse(readFileSync(path, 'utf8'));
          // One that has read before, and one that begins.
          const [now, anew] = [seen(await watcher.load()), seen(await new CheckpointManifest(path).load())];
          expect(now).toEqual(anew);
          const done = after(state, call);
          if (answer !== null) expect(answer.error).toBeUndefined();
          // Who died may have come to it, or not.
          if (answer !== null || JSON.stringify(now) === JSON.stringify(done)) state = done;
          expect(now).toEqual(state);
        }
      }),
      { numRuns },
    );
    expect(hands.some(({ deaths }) => deaths > 0)).toBe(true);
  },
  240_000,
);

const traceable = spawnSync('strace', ['-f', '-e', 'inject=fsync:error=EIO:when=9', 'true']).status === 0;
if (!traceable) console.warn('LEFT OUT: a file system without locks cannot be made on this machine');

test.runIf(traceable).each([
  ['has no locks', 'error=ENOLCK'],
  ['grants every lock', 'retval=0'],
])('a file system that %s is refused by name', (_, answer) => {
  const path = join(fresh(), 'manifest.json');
  const strace = ['-f', '-qq', '-o', '/dev/null', '-P', `${path}.lock`, '-e', `inject=fcntl:${answer}`];
  const script = `import { CheckpointManifest } from '@holdfast/manifest';
    await new CheckpointManifest(process.argv[1]).initialize(1).catch((error) => console.log(error.name, error.message));`;
  const node = [process.execPath, '--input-type=module', '-e', script, path];
  const { stdout } = spawnSync('strace', [...strace, ...node], { encoding: 'utf8', cwd: at('..') });
  expect(stdout).toContain(`LockUnsupportedError ${path}.lock`);
  expect(stdout).toContain('local disk');
});

test.runIf(traceable)(
  'an update whose line is not sure to last is refused, and the next one makes all of it last',
  async () => {
    const path = join(fresh(), 'manifest.json');
    const manifest = new CheckpointManifest(path);
    await manifest.initialize(200);
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO:when=1'];
    const script = `import { CheckpointManifest } from '@holdfast/manifest';
    import { statSync } from 'node:fs';
    const manifest = new CheckpointManifest(process.argv[1]);
    const { ino } = statSync(manifest.path);
    await manifest.markShardComplete(0).catch(({ code }) => console.log('failed', code));
    console.log('anew', statSync(manifest.path).ino !== ino);
    await manifest.markShardComplete(1);`;
    const node = [process.execPath, '--input-type=module', '-e', script, path];
    const { stdout } = spawnSync('strace', [...strace, ...node], { encoding: 'utf8', cwd: at('..') });
    expect(stdout).toBe('failed EIO\nanew true\n');
    expect(await manifest.getCompletedShards()).toContain(1);
  },
);

test('who begins to read while manifest.json is written anew, again and again, misses nothing', async () => {
  const path = join(fresh(), 'manifest.json');
  const manifest = new CheckpointManifest(path);
  await manifest.initialize(200);
  // Long errors: every few of them the journal has outgrown manifest.json.
  const script = `import { CheckpointManifest } from '@holdfast/manifest';
    const manifest = new CheckpointManifest(process.argv[1], { fsync: false });
    for (let i = 1; i <= 3000; i++) await manifest.markShardFailed(0, i + 'x'.repeat(9000));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: at('..'),
    stdio: 'inherit',
  });
  const exit = once(child, 'exit');
  let before = 0;
  while (child.exitCode === null) {
    const shard = await new CheckpointManifest(path).getShardState(0);
    const now = Number.parseInt(shard?.error ?? '0', 10);
    expect(now).toBeGreaterThanOrEqual(before);
    before = now;
  }
  expect(await exit).toEqual([0, null]);
});

const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!mountable) console.warn('LEFT OUT: a small file system cannot be made on this machine');

/** What a script says that runs with a small file system in a folder. */
function onSmallDisk(size: string, script: string): string {
  const folder = fresh();
  const shell = 'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"';
  const node = [process.execPath, '--input-type=module', '-e', script, folder];
  const { stdout, stderr } = spawnSync('unshare', ['-rm', 'sh', '-c', shell, 'sh', size, folder, ...node], {
    encoding: 'utf8',
    cwd: at('..'),
  });
  return stdout + stderr;
}

test.runIf(mountable)(
  'a disk without room for a new manifest.json takes updates, and a full one refuses them by name',
  () => {
    const said = onSmallDisk(
      '600k',
      `import { CheckpointManifest } from '@holdfast/manifest';
    import { writeFileSync, rmSync } from 'node:fs';
    const path = process.argv[1] + '/manifest.json';
    const manifest = new CheckpointManifest(path);
    await manifest.initialize(1000);
    writeFileSync(process.argv[1] + '/ballast', Buffer.alloc(150 * 1024));
    let made = 0;
    const update = async () => { await manifest.updateShardCheckpoint(made % 1000, made, 1, 'batch.pt'); made++; };
    let code;
    while (!code && made < 5000) await update().catch((error) => { code = error.code; });
    const { total_checkpoints } = await new CheckpointManifest(path).getGlobalProgress();
    console.log(code, made > 300, total_checkpoints === made || total_checkpoints === made + 1);
    rmSync(process.argv[1] + '/ballast');
    await update();
    console.log(made > 300);`,
    );
    expect(said).toBe('ENOSPC true true\ntrue\n');
  },
);

test.runIf(mountable)('who may only read is told of damage', () => {
  const said = onSmallDisk(
    '1m',
    `import { CheckpointManifest } from '@holdfast/manifest';
    import { execFileSync } from 'node:child_process';
    import { writeFileSync } from 'node:fs';
    const path = process.argv[1] + '/manifest.json';
    await new CheckpointManifest(path).initialize(1);
    writeFileSync(path, '{');
    execFileSync('mount', ['-o', 'remount,ro', process.argv[1]]);
    await new CheckpointManifest(path).load().catch(({ code }) => console.log(code));`,
  );
  expect(said).toBe('manifest_corrupt\n');
});

/** The calls on a folder's files that a script makes, in order, such as `fsync folder` and `rename manifest.json.tmp`. */
function callsOf(folder: string, script: string): string[] {
  const trace = join(fresh(), 'trace');
  const calls = 'trace=fsync,fdatasync,rename,ftruncate,pwrite64,write';
  const node = [process.execPath, '--input-type=module', '-e', script, folder];
  // One thread, so that the calls are written down in the order in which they were made.
  const { status, stderr } = spawnSync('strace', ['-f', '-qq', '-y', '-o', trace, '-e', calls, ...node], {
    encoding: 'utf8',
    cwd: at('..'),
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
  });
  expect(status, stderr).toBe(0);
  return readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call, path] = /(\w+)\((?:\d+<|")([^">]*)/.exec(line) ?? [];
      if (!path?.startsWith(folder) || path.endsWith('.lock')) return [];
      return [`${call!.replace('pwrite64', 'write')} ${path.slice(folder.length + 1) || 'folder'}`];
    })
    .filter((call, i, all) => call !== all[i - 1]);
}

test.runIf(traceable)('files are made to last in the order in which they depend on each other', async () => {
  const folder = fresh();
  const open = `import { CheckpointManifest } from '@holdfast/manifest';
    const manifest = new CheckpointManifest(process.argv[1] + '/manifest.json');`;
  const anew = [
    'write manifest.json.tmp',
    'fsync manifest.json.tmp',
    'rename manifest.json.tmp',
    'fsync folder',
  ];
  expect(callsOf(folder, `${open} await manifest.initialize(200);`)).toEqual(anew);
  // The journal's name, and that of a manifest.json that another made, before what is in the journal.
  const appended = ['fsync folder', 'write manifest.json.journal', 'fdatasync manifest.json.journal'];
  expect(callsOf(folder, `${open} await manifest.markShardComplete(0);`)).toEqual(appended);
  expect(callsOf(folder, `${open} await manifest.markShardComplete(1);`)).toEqual(appended);
  // Who finds it recorded does not know whether it lasts.
  const repeated = ['fsync folder', 'fdatasync manifest.json.journal'];
  expect(callsOf(folder, `${open} await manifest.markShardComplete(1);`)).toEqual(repeated);
  // The journal is emptied when all of it is sure to last elsewhere.
  const long = `await manifest.markShardFailed(2, 'x'.repeat(100_000));`;
  expect(callsOf(folder, `${open} ${long}`)).toEqual([...anew, 'ftruncate manifest.json.journal']);
  // A small one is written anew each time, and what is recorded already is made to last.
  const small = fresh();
  callsOf(small, `${open} await manifest.initialize(2);`);
  expect(callsOf(small, `${open} await manifest.markShardComplete(0);`)).toEqual(anew);
  expect(callsOf(small, `${open} await manifest.markShardComplete(0);`)).toEqual(['fsync folder']);
});
