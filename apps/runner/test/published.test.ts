import { cp, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, killedAfter, rowsOf, start } from './command.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const zoo = (name: string) => at(`model-zoo/test/fixtures/${name}`);

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});

const line = (model: string, out: string, ...more: string[]) => [
  'embed',
  PROTEINS,
  '--out',
  out,
  '--model',
  model,
  ...more,
];

describe.each([
  ["fair-esm's .pt", zoo('esm2_t2_tinyf32_UR50D/esm2_t2_tinyf32_UR50D.pt'), 32],
  ['a folder of Hugging Face', zoo('esm2_tiny_hf_sharded_bin'), 32],
  ['ProtT5', zoo('prott5_tiny'), 40],
  ['an export that gives only logits', at('gpu-runtime/test/fixtures/masked_lm'), 8],
])('%s', (_, model, dim) => {
  test('killed with all of its workers again and again, the same line gives the bytes of an undisturbed run', async () => {
    const whole = join(folder, 'whole');
    expect(await holdfast(line(model, whole, '--workers', '1'))).toMatchObject({ code: 0, stderr: '' });
    expect((await rowsOf(whole))[0]![1]).toHaveLength(dim);
    const out = join(folder, 'out');
    const often = line(model, out, '--workers', '2', '--seq-threshold', '3', '--threads', '1');
    for (const event of ['planned', 'checkpoint', 'shard_complete']) {
      await killedAfter(event, often);
    }
    expect(await holdfast(often)).toMatchObject({ code: 0, stderr: '' });
    expect(await digestOf(out)).toBe(await digestOf(whole));
  });
});

test('what was done with an export that gives only logits is reported, and in the record of the result', async () => {
  const out = join(folder, 'out');
  const message = expect.stringMatching(
    /^the model masked_lm: model\.onnx gives only logits, .* the value '.*emb_layer_norm_after.*'/,
  );
  const { lines } = await holdfast(line(at('gpu-runtime/test/fixtures/masked_lm'), out));
  expect(lines).toContainEqual(expect.objectContaining({ event: 'warning', message }));
  expect(JSON.parse(await readFile(join(out, 'result.json'), 'utf8')).warnings).toContainEqual(message);
});

test('weights that moved are the same model, and others are refused', async () => {
  const out = join(folder, 'out');
  const [first, moved] = [join(folder, 'a', 'weights.pt'), join(folder, 'b', 'weights.pt')];
  const model = (name: string) => zoo(`${name}/${name}.pt`);
  await cp(model('esm2_t2_tinyf32_UR50D'), first);
  await cp(first, moved);
  await killedAfter('checkpoint', line(first, out, '--workers', '1', '--seq-threshold', '3'));
  await cp(model('esm2_t2_tiny'), first);
  expect(await holdfast(line(first, out))).toMatchObject({ code: 2, stderr: expect.stringMatching(/model/) });
  expect(await holdfast(line(moved, out))).toMatchObject({ code: 0, stderr: '' });
});

test('weights that are changed in place during a run give no row; once they are restored, the run goes on', async () => {
  const records = (await readFile(PROTEINS, 'utf8')).split('>').slice(1);
  const many = join(folder, 'many.fa');
  const copies = Array.from({ length: 60 }, (_, i) => records.map((each) => `>${i}_${each}`).join(''));
  await writeFile(many, copies.join(''));
  const model = join(folder, 'model');
  await cp(zoo('esm2_tiny_hf'), model, { recursive: true });
  const weights = join(model, 'model.safetensors');
  const good = await readFile(weights);
  const embed = (out: string) => [
    ...['embed', many, '--out', join(folder, out), '--model', model, '--workers', '1', '--threads', '1'],
    // Computed once, they would be done before the weights change.
    ...['--shards', '2', '--seq-threshold', '100', '--no-dedupe'],
  ];
  expect(await holdfast(embed('whole'))).toMatchObject({ code: 0, stderr: '' });
  const running = start(embed('out'));
  await running.until('checkpoint');
  // The second byte of each number: rows change, and none becomes NaN.
  const last = good.length / 2;
  const other = good.map((byte, i) => (i > last && (good.length - i) % 4 === 3 ? byte ^ 0xff : byte));
  // Without cutting the file first, which would end the worker by SIGBUS.
  const file = await open(weights, 'r+');
  await file.write(Buffer.from(other), 0, other.length, 0);
  await file.close();
  const { code, lines, stderr } = await running.ended;
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /model\.safetensors: the model has changed since the run was planned; finished work is kept.*Restore .*--force-restart\n$/,
    ),
  ]);
  expect(lines.filter(({ event }) => event === 'failed')).toHaveLength(1);
  await writeFile(weights, good);
  // A model that is gone when a worker starts again ends the run in the same way.
  const bereft = start(embed('out'));
  const { pid } = await bereft.until('spawned');
  await bereft.until('ready');
  await rename(model, `${model}-moved`);
  process.kill(pid as number, 'SIGKILL');
  const end = await bereft.ended;
  expect([end.code, end.stderr]).toEqual([
    2,
    expect.stringMatching(
      /is gone, so the model has changed since the run was planned; finished work is kept/,
    ),
  ]);
  await rename(`${model}-moved`, model);
  expect(await holdfast(embed('out'))).toMatchObject({ code: 0, stderr: '' });
  expect(await digestOf(join(folder, 'out'))).toBe(await digestOf(join(folder, 'whole')));
});

test('a finished run whose model was deleted is complete, with a warning; no other request is', async () => {
  const model = join(folder, 'model');
  await cp(zoo('esm2_tiny_hf'), model, { recursive: true });
  const asked = (...more: string[]) => [
    ...['embed', PROTEINS, '--out', join(folder, 'out'), '--workers', '1'],
    ...more,
  ];
  expect(await holdfast(asked('--model', model))).toMatchObject({ code: 0, stderr: '' });
  await rename(model, `${model}-moved`);
  const again = await holdfast(asked('--model', model));
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.lines.map(({ event }) => event)).toEqual(['warning', 'complete']);
  expect(again.lines[0]!['message']).toMatch(/model is no longer there, so the model was not compared/);
  for (const more of [
    ['--model', join(folder, 'other')],
    ['--model', model, '--layer', 'hidden_states.1'],
    ['--model', model, '--min-cosine', '0.5'],
  ])
    expect(await holdfast(asked(...more))).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no such file or folder|neither a model folder/),
    });
  await cp(zoo('protbert_t2_tiny'), model, { recursive: true });
  expect(await holdfast(asked('--model', model))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/holds another run.*model:/),
  });
});
