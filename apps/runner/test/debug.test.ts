import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast } from './command.js';

test('decisions are printed where NODE_DEBUG asks for them, and nothing where it does not', async () => {
  const runs = [];
  for (const NODE_DEBUG of ['holdfast:*', '']) {
    const out = await freshFolder();
    const ended = await holdfast(['embed', fixture('messy.fa'), '--out', out, '--workers', '1'], '', {
      env: { NODE_DEBUG },
    });
    expect(ended.code, ended.stderr).toBe(0);
    const workers = ended.lines.filter(({ event }) => event === 'output').map(({ line }) => `${line}`);
    runs.push({ stderr: ended.stderr, workers, digest: await digestOf(out) });
  }
  const [on, off] = runs as [(typeof runs)[0], (typeof runs)[0]];
  expect(on.stderr).toMatch(/^HOLDFAST:RUN \d+: a new run: \d+ tokens a batch, \d+ shards$/m);
  expect(on.stderr).toMatch(/^HOLDFAST:COORDINATOR \d+: slot 0 takes shard 0, attempt 1/m);
  expect(on.workers).toContainEqual(
    expect.stringMatching(/^HOLDFAST:WORKER \d+: shard 0: saving batches \[0, \d+\)/),
  );
  expect(off.stderr).toBe('');
  expect(off.workers).toEqual([]);
  expect(on.digest).toBe(off.digest);
});
