import { spawnSync } from 'node:child_process';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { fixture, freshFolder, holdfast, killedAt, rowsOf } from './command.js';

const GLOBINS = fixture('globins45.faa');
const TINY = fileURLToPath(
  new URL('../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
);
const WRITTEN = /^holdfast: [^\n]*\.svg: (written|was there already, with the same bytes)\n$/;
const PYTHON = '/usr/bin/python3';
/** Every text of a picture, by a parser of XML that is not ours. */
const TEXTS = `
import json, sys, xml.etree.ElementTree as E
print(json.dumps([e.text for e in E.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text")]))`;

let out: string;
/** A run with two outputs. */
let layers: string;
let ids: string[];
let folder: string;
beforeAll(async () => {
  out = join(await freshFolder(), 'out');
  expect(await holdfast(['embed', GLOBINS, '--out', out, '--model', 'aac'])).toMatchObject({ code: 0 });
  layers = join(await freshFolder(), 'layers');
  const two = ['embed', GLOBINS, '--out', layers, '--model', TINY, '--layer', '-1,1'];
  expect(await holdfast(two)).toMatchObject({ code: 0 });
  ids = (await rowsOf(out)).map(([id]) => id);
});
beforeEach(async () => {
  folder = await freshFolder();
});

const plot = async (name: string, ...args: string[]) => {
  const path = join(folder, name);
  const { code, stderr } = await holdfast(['plot', out, '-o', path, ...args]);
  expect([code, stderr]).toEqual([0, expect.stringMatching(WRITTEN)]);
  return readFile(path, 'utf8');
};
function textsOf(name: string): string[] | null {
  const { status, stdout } = spawnSync(PYTHON, ['-c', TEXTS, join(folder, name)], { encoding: 'utf8' });
  if (status === 0) return JSON.parse(stdout);
  console.warn('LEFT OUT: python3 is not on this machine');
  return null;
}

test('a map, lengths and throughput are drawn, the same each time, and the run stays as it is', async () => {
  const before = await readdir(out);
  const map = await plot('map.svg');
  expect(map.match(/<circle/g)).toHaveLength(45);
  expect(map).toContain('45 rows of 20 numbers of aac, principal components, coloured by length');
  const umap = await plot('umap.svg', '--projection', 'umap');
  expect(umap).toContain('>UMAP 1 (no unit)<');
  expect(umap).toContain('UMAP of 20 principal components');
  expect(umap.match(/<circle/g)).toHaveLength(45);
  const lengths = await plot('lengths.svg', '--what', 'lengths');
  expect(lengths).toContain('45 sequences, shortest 141, median 146');
  const rate = await plot('rate.svg', '--what', 'throughput');
  expect(rate).toContain('45 sequences in');
  for (const name of ['map', 'umap', 'lengths', 'rate']) {
    const texts = textsOf(`${name}.svg`);
    if (texts !== null) expect(texts.length).toBeGreaterThan(8);
  }
  expect(await plot('again.svg', '--projection', 'umap')).toBe(umap);
  expect(await plot('again.svg', '--what', 'throughput', '--force')).toBe(rate);
  expect(await readdir(out)).toEqual(before);
});

test('labels colour a map, and markup in them is text', async () => {
  const labels = join(folder, 'labels.tsv');
  const lines = ids.map((id, at) => `${id}\t${at % 2 ? '<script>&' : 'beta'}`).slice(1);
  await writeFile(labels, `id\tfamily\n${lines.join('\n')}\n`);
  const picture = await plot('map.svg', '--labels', labels);
  expect(picture).not.toContain('<script>');
  const texts = textsOf('map.svg');
  if (texts !== null)
    expect(texts).toEqual(expect.arrayContaining(['<script>& (22)', 'beta (22)', 'no label (1)', 'family']));
});

test.each([
  ['a plot', []],
  ['a plot of another output', ['--from', 'mean.layer_1']],
])(
  '%s that is killed leaves nothing under its name, and the same command gives the same bytes',
  async (_, from) => {
    const path = join(folder, 'map.svg');
    const line = (to: string) => ['plot', layers, ...from, '-o', to];
    expect(await holdfast(line(join(folder, 'whole.svg')))).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(WRITTEN),
    });
    const whole = await readFile(join(folder, 'whole.svg'), 'utf8');
    expect(whole).toContain(from.length > 0 ? 'mean.layer_1' : '45 rows');
    for (const operation of ['open', 'rename']) {
      const env = killedAt(operation, 'map\\.svg\\.tmp$');
      const killed = await holdfast(line(path), '', { env });
      expect(killed, operation).toMatchObject({ signal: 'SIGKILL' });
      expect(await readdir(folder)).not.toContain('map.svg');
    }
    expect(await holdfast(line(path))).toMatchObject({ code: 0, stderr: expect.stringMatching(WRITTEN) });
    expect(await readFile(path, 'utf8')).toBe(whole);
    expect((await readdir(folder)).sort()).toEqual(['map.svg', 'whole.svg']);
  },
);

test('another file is replaced only with --force; a plot that is there already is no fault', async () => {
  const pca = await plot('map.svg');
  expect(await plot('map.svg')).toBe(pca);
  const path = join(folder, 'map.svg');
  const lengths = ['plot', out, '--what', 'lengths', '-o', path];
  expect(await holdfast(lengths)).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
  expect(await readFile(path, 'utf8')).toBe(pca);
  // No run's file is, whatever the run.
  const other = join(folder, 'other');
  await cp(out, other, { recursive: true });
  for (const name of ['ids.txt', 'run.json', 'index.corrupt']) {
    const { code, stderr } = await holdfast(['plot', out, '-o', join(other, name), '--force']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('belongs to the run in')]);
  }
  expect(await holdfast([...lengths, '--force'])).toMatchObject({ code: 0 });
  expect(await readFile(path, 'utf8')).not.toBe(pca);
});

test('what cannot be drawn is refused, with the remedy', async () => {
  const labels = join(folder, 'labels.tsv');
  await writeFile(labels, 'nobody\tx\n');
  for (const [args, why] of [
    [[folder], 'there is no complete result'],
    [[folder, '--what', 'throughput'], 'nothing has been embedded yet'],
    [[out, '--labels', labels], 'none of its IDs is in'],
    [[out, '--what', 'lengths', '--labels', labels], '--labels is for --what map only'],
    [[out, '--what', 'lengths', '--from', 'embeddings'], '--from is for --what map only'],
    [[out, '--from', 'mean.layer_2'], "the result has no 'mean.layer_2'; it has embeddings"],
    [[join(folder, 'nosuch')], 'nosuch: no such folder; check the path'],
    [[join(folder, 'nosuch'), '--what', 'throughput'], 'nosuch: no such folder; check the path'],
    [[out, '-o', join(folder, 'x.png')], 'name a file that ends in .svg'],
    [[out, '-o', join(out, 'ids.txt'), '--force'], 'belongs to the run in'],
    [[out, '-o', '-'], 'leave --output out to print'],
    [[out, '-o', labels], 'labels.tsv is there and is not this plot'],
    [[out, '-o', labels, '--labels', labels, '--force'], 'is read by this command'],
  ] as const) {
    const { code, stderr } = await holdfast(['plot', ...args]);
    expect(stderr).toContain(why);
    expect(code).toBe(2);
  }
});

test('a map is coloured by a column, a file or clusters, and says what colours it', async () => {
  const labels = join(folder, 'labels.tsv');
  const lines = ids.map((id, at) => `${id}\t${at % 2}\tf${at % 3}`);
  await writeFile(labels, `id\tscore\tFamily\n${lines.join('\n')}\nnobody\t1\tx\n`);
  const warned = await holdfast(['plot', out, '--labels', labels, '-o', join(folder, 'score.svg')]);
  expect(warned).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('1 ID in it is not in the result'),
  });
  expect(await readFile(join(folder, 'score.svg'), 'utf8')).toContain(', coloured by score<');
  const family = join(folder, 'family.svg');
  await holdfast(['plot', out, '--labels', labels, '--colour-by', 'Family', '-o', family]);
  const picture = await readFile(family, 'utf8');
  expect(picture).toContain(', coloured by Family<');
  expect(picture.match(/\(15\)<\/text>/g)).toHaveLength(3);
  expect(await plot('file.svg', '--colour-by', 'file')).toContain('globins45.faa (45)<');
  expect(await plot('cluster.svg', '--colour-by', 'cluster')).toContain('>Cluster 1 (');
  const { code, stderr } = await holdfast(['plot', out, '--colour-by', 'host']);
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('it can be length, file, cluster, or a column'),
  ]);
});
