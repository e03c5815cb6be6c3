import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { loadModel, resolveModel } from '@holdfast/gpu-runtime';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAfter } from './command.js';

const MODEL = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/dna_encoder', import.meta.url),
);

/** Pieces of the lambda genome of 400 to 1,900 bases: some have more than the 256 tokens that the model takes, some not. */
async function pieces(): Promise<string[]> {
  const text = gunzipSync(await readFile(fixture('lambda_virus.fa.gz'))).toString('latin1');
  const dna = text.replace(/^>.*/, '').replace(/\s/g, '');
  return Array.from({ length: 60 }, (_, i) => dna.slice(i * 700, i * 700 + 400 + (i % 16) * 100));
}

test('sequences with more tokens than the model takes are counted exactly, whatever was killed in between', async () => {
  const sequences = await pieces();
  const model = await loadModel(await resolveModel(MODEL));
  let truncated = 0;
  const onTruncated = () => truncated++;
  for (const residues of sequences) await model.embed([Buffer.from(residues)], { onTruncated });
  await model.release();
  expect(truncated).toBeGreaterThan(5);
  expect(truncated).toBeLessThan(50);

  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  await writeFile(input, sequences.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  const line = (out: string) =>
    `embed ${input} --out ${out} --model ${MODEL} --workers 1 --shards 2 --batch-tokens 2000 --seq-threshold 4`.split(
      ' ',
    );
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  const ended = await holdfast(line(whole));
  const warning = `${truncated} sequences have more tokens than the 256 that dna_encoder takes, special ones included; the rest of each was left out`;
  expect(ended.code).toBe(0);
  expect(ended.lines.filter(({ event }) => event === 'warning').map(({ message }) => message)).toEqual([
    warning,
  ]);
  for (const event of ['planned', 'complete'])
    expect(ended.lines.find((line) => line.event === event)).toMatchObject({ tokens_at_most: true });

  for (let kills = 0; kills < 2; kills++) {
    await killedAfter('checkpoint', line(killed));
  }
  expect(await holdfast(line(killed))).toMatchObject({ code: 0 });
  expect(await digestOf(killed)).toBe(await digestOf(whole));
  const result = async (out: string) => {
    const {
      provenance: _,
      sha256: __,
      ...rest
    } = JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
    return rest;
  };
  expect(await result(killed)).toEqual(await result(whole));
  expect((await result(whole)).warnings).toEqual([warning]);
});
