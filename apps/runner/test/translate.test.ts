import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sixFrames } from '@holdfast/fasta/testing';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, windows } from './command.js';

const ESM2 = fileURLToPath(new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url));

let reads: string;
let records: [id: string, residues: string][];
beforeAll(async () => {
  reads = await windows(150);
  const text = (await readFile(reads, 'latin1')).split('>').slice(1);
  records = text.map((record) => {
    const [header, ...lines] = record.split('\n');
    return [header!.split(' ')[0]!, lines.join('')];
  });
});

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});

test.each(['open', 'all'] as const)(
  '--translate %s embeds what a file of those proteins would',
  async (which) => {
    const proteins = join(folder, 'proteins.faa');
    const frames = records.map(([id, residues]) => sixFrames(id, residues, which));
    await writeFile(
      proteins,
      frames
        .flat()
        .map(([id, residues]) => `>${id}\n${residues}\n`)
        .join(''),
    );
    const digests = [];
    for (const [out, input, more] of [
      // Frames keep a final stop, which a file of proteins does not.
      ['plain', proteins, ['--keep-stop']],
      ['translated', reads, which === 'open' ? ['--translate'] : ['--translate', which]],
    ] as const) {
      const line = ['embed', input, '--out', join(folder, out), '--model', ESM2, '--workers', '2'];
      const { code, lines, stderr } = await holdfast([...line, ...more]);
      expect([code, stderr]).toEqual([0, '']);
      digests.push(await digestOf(join(folder, out)));
      const silent = out === 'translated' ? frames.filter((rows) => rows.length === 0).length : 0;
      const said = lines.flatMap(({ event, message }) => (event === 'warning' ? [String(message)] : []));
      const warned = said.filter((message) => message.includes('no row'));
      expect(warned).toEqual(silent === 0 ? [] : [expect.stringMatching(`^${silent} of 150 record`)]);
    }
    expect(digests[1]).toBe(digests[0]);
  },
);

test('a resume with other frames is refused, the same line is complete', async () => {
  const line = ['embed', reads, '--out', join(folder, 'out'), '--model', ESM2];
  expect(await holdfast([...line, '--translate'])).toMatchObject({ code: 0 });
  for (const [more, says] of [
    [['--translate', 'all'], /--translate: open → all/],
    [[], /--translate: open → none/],
  ] as const) {
    const { code, stderr } = await holdfast([...line, ...more]);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr).toContain('--force-restart');
  }
  const again = await holdfast([...line, '--translate', 'open']);
  expect([again.code, again.lines.at(-1)]).toEqual([0, expect.objectContaining({ already: true })]);
});

test('nucleotides that a model of proteins is given as they are: one warning before the plan, which the result keeps', async () => {
  const line = ['embed', reads, '--out', join(folder, 'out'), '--model', ESM2];
  const first = await holdfast(line);
  const told = first.lines.map(({ event, message }) =>
    event === 'warning' && String(message).includes('looks like nucleotides') ? 'told' : event,
  );
  expect(first.code).toBe(0);
  expect(told.filter((event) => event === 'told')).toHaveLength(1);
  expect(told.indexOf('told')).toBeLessThan(told.indexOf('planned'));
  for (const more of [[], ['--format', 'npy']])
    expect(JSON.stringify((await holdfast([...line, ...more])).lines).split('looks like')).toHaveLength(2);
  // What the warning says helps.
  const translated = await holdfast([...line, '--translate', '--force-restart']);
  expect(translated.code).toBe(0);
  expect(JSON.stringify(translated.lines)).not.toContain('looks like');
});

test.each([
  [
    'a DNA model',
    [],
    () => reads,
    /--translate produces proteins, but the model tnf reads nucleotides.*--model/,
  ],
  ['proteins', ['--model', ESM2], () => fixture('globins45.faa'), /record 1 .*--translate reads nucleotides/],
])('--translate with %s ends with exit code 2 and nothing written', async (_what, more, input, says) => {
  const out = join(folder, 'out');
  const { code, stderr } = await holdfast(['embed', input(), '--out', out, '--translate', ...more]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^holdfast: [^\n]+\n( {2}[^\n]+\n)*$/);
  // Nothing would be left.
  expect(stderr).not.toContain('--on-bad-record');
  expect(stderr).toMatch(says);
  expect(await readdir(folder)).toEqual([]);
});
