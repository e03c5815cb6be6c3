import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAt } from './command.js';

const embeddingsIn = async (out: string) =>
  (await readdir(out)).filter((name) => name.startsWith('embeddings'));

test('the result in another format replaces the one before, wherever the change is killed', async () => {
  const out = await freshFolder();
  const line = ['embed', fixture('messy.fa'), '--out', out, '--workers', '1'];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  const whole = await digestOf(out);
  for (const [operation, name] of [
    ['open', 'embeddings\\.npy\\.tmp$'],
    ['open', 'ids\\.txt\\.tmp$'],
    ['open', 'result\\.json\\.tmp$'],
  ] as const) {
    const env = killedAt(operation, name);
    expect(await holdfast([...line, '--format', 'npy'], '', { env })).toMatchObject({ signal: 'SIGKILL' });
    expect(await holdfast([...line, '--format', 'npy'])).toMatchObject({ code: 0 });
    expect(await embeddingsIn(out)).toEqual(['embeddings.npy']);
    expect(await holdfast(line)).toMatchObject({ code: 0 });
    expect(await embeddingsIn(out)).toEqual(['embeddings.safetensors']);
    expect(await digestOf(out)).toBe(whole);
  }
});
