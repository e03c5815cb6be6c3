import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CPU } from '@holdfast/gpu-runtime';
import { beforeEach, expect, test } from 'vitest';
import { comparePrecisions } from '../src/precision/compare-precisions.js';

const MODEL = fileURLToPath(new URL('../../model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
  process.env['HOLDFAST_CACHE'] = join(folder, 'cache');
});

async function compared(
  sequences: readonly string[],
  { source, precision = 'int8' }: { source?: string; precision?: 'int8' | 'fp16' } = {},
) {
  const [sample, script] = [join(folder, 'sample'), join(folder, 'trial.mjs')];
  await writeFile(sample, sequences.join('\n'));
  if (source !== undefined) await writeFile(script, source);
  return comparePrecisions({
    model: MODEL,
    overrides: { precision },
    device: CPU,
    sample,
    stallMs: 60_000,
    signal: new AbortController().signal,
    report: () => undefined,
    ...(source !== undefined && { script }),
  });
}

test.each(['int8', 'fp16'] as const)(
  'rows of fp32 and %s are compared, an empty sequence among them',
  async (precision) => {
    const cost = await compared(['MKTAYIAK', '', 'ACDEFGHIKLMNPQRSTVWY'.repeat(9)], { precision });
    expect(cost).toMatchObject({ sequences: 3 });
    expect(cost!.cosine_worst).toBeGreaterThan(0.999);
    expect(cost!.cosine_worst).toBeLessThan(1);
  },
);

test.each([
  ['dies', "process.kill(process.pid, 'SIGKILL');"],
  ['fails', "console.log(JSON.stringify({ cosines: [], failed: 'SIGKILL said so' }));"],
])('a trial that %s is not taken for a good one', async (_, source) => {
  await expect(compared(['MKT'], { source })).rejects.toMatchObject({
    name: 'NoAnswerError',
    message: expect.stringMatching(/could not compare int8 with fp32 \(.*SIGKILL.*\).*--precision fp32/),
  });
});

test('without a sequence that could be embedded there is no cost', async () => {
  const source = 'console.log(JSON.stringify({ cosines: [], failed: null }));';
  expect(await compared(['MKT'], { source })).toBeNull();
});
