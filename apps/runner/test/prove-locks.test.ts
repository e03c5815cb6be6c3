import { execFile } from 'node:child_process';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layout } from '@holdfast/run-folder';
import { beforeEach, expect, test } from 'vitest';
import { proofFiles } from '../src/cluster/lock-proof.js';
import { type NodeRun, proveLocks, type RunOnNode } from '../src/cluster/prove-locks.js';
import { freshFolder } from './command.js';

// The node is another process of this machine.

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
let place: ReturnType<typeof layout>;
beforeEach(async () => {
  place = layout(join(await freshFolder(), 'out'));
});

const node: RunOnNode = (argv) =>
  new Promise((resolve) => {
    execFile(process.execPath, [BIN, ...argv], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
const nonceIn = (argv: readonly string[]) => argv.at(-1)!;

/** A node without locks: each is granted. @param change of its answer. */
const careless =
  (change: object, written: (path: string, nonce: string) => Promise<unknown> = writeFile): RunOnNode =>
  async (argv) => {
    const nonce = nonceIn(argv);
    await written(proofFiles(place, nonce).there, nonce);
    const mount = { type: 'lustre', options: 'rw,localflock' };
    const answer = { lock_proof: 1, host: 'n7', sees: true, lock: 'granted', reason: null, mount, ...change };
    return { code: 0, stdout: `prolog: {hello}\n{"a":1}\n${JSON.stringify(answer)}\n`, stderr: '' };
  };

test('a node that is refused a held lock, and gets it later, proves them; only the lock file stays', async () => {
  const asked: (readonly string[])[] = [];
  const proof = await proveLocks(place, (argv) => {
    asked.push(argv);
    return node(argv);
  });
  expect(proof).toEqual({ host: hostname() });
  expect(asked.map((argv) => argv.slice(0, 4))).toEqual(
    Array(2).fill(['doctor', '--out', place.out, '--lock-proof']),
  );
  expect(await readdir(place.cluster)).toEqual(['.lock-proof']);
  // And again.
  await proveLocks(place, node);
});

test('a node that sees another folder is named', async () => {
  const other = await freshFolder();
  const elsewhere: RunOnNode = (argv) => node(argv.map((word) => (word === place.out ? other : word)));
  await expect(proveLocks(place, elsewhere)).rejects.toThrow(
    /out: \S+ does not see what \S+ writes there; use a folder on a file system that all machines share/,
  );
  expect(await readdir(other)).toEqual([]);
  expect(await readdir(place.cluster)).toEqual(['.lock-proof']);
});

test('a lock that is granted though it is held here names the mount option', async () => {
  await expect(proveLocks(place, careless({}))).rejects.toThrow(
    /locks do not work between \S+ and n7 \(there: it was granted a lock that is held here\).*on n7: Lustre is mounted with localflock: mount it with flock/,
  );
  const unsupported = careless({
    lock: 'unsupported',
    reason: 'ENOSYS',
    mount: { type: 'lustre', options: 'rw' },
  });
  await expect(proveLocks(place, unsupported)).rejects.toThrow(
    /\(there: it has no working locks \(ENOSYS\)\).*on n7: Lustre is mounted without flock/,
  );
});

test('a lock that is refused though nobody holds it is no lock', async () => {
  await expect(proveLocks(place, careless({ lock: 'refused' }))).rejects.toThrow(
    /it was refused a lock that nobody holds/,
  );
});

test('what a node writes must be seen here', async () => {
  const unseen = careless({ lock: 'refused' }, async () => undefined);
  await expect(proveLocks(place, unseen)).rejects.toThrow(/does not see what n7 writes there/);
});

test.each([
  [90, /dated 9\d s later than/],
  [-90, /dated (89|90) s earlier than/],
])('files that a node dates %d s wrongly are told of', async (seconds, says) => {
  const dated = careless({ lock: 'refused' }, async (path, nonce) => {
    await writeFile(path, nonce);
    const at = Date.now() / 1000 + seconds;
    await utimes(path, at, at);
  });
  await expect(proveLocks(place, dated)).rejects.toThrow(says);
  // With a longer lease that does not matter.
  await expect(proveLocks(place, dated, { maxSkewSec: 100 })).rejects.toThrow(/refused a lock that nobody/);
});

test.each<[NodeRun, RegExp]>([
  [
    { code: 1, stdout: '', stderr: 'srun: error: x\nsrun: no node\n' },
    /exit code 1 and said: srun: no node$/,
  ],
  [{ code: 0, stdout: 'hello\n', stderr: '' }, /exit code 0 and said: hello$/],
  [{ code: 127, stdout: '', stderr: '' }, /exit code 127 and said: nothing$/],
])('a node that does not answer is told of, and may be asked again (%#)', async (run, says) => {
  await expect(proveLocks(place, async () => run)).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(says),
  });
  await proveLocks(place, node);
});

test('another nonce than one of a proof is refused, and nothing is written', async () => {
  const { code, stderr } = await node(['doctor', '--out', place.out, '--lock-proof', '../../x']);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--lock-proof \.\.\/\.\.\/x: this is not what/)]);
});
