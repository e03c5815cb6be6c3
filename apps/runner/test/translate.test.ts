import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sixFrames } from '@holdfast/fasta/testing';
import { readRunRecord, writeRunRecord } from '@holdfast/run-folder';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAfter, windows } from './command.js';

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

describe('records without a row', () => {
  const codes = async (out: string) =>
    (await readFile(join(out, 'skipped.tsv'), 'utf8'))
      .split('\n')
      .slice(1, -1)
      .map((row) => row.split('\t').slice(3, 5));
  const line = (out: string, ...more: string[]) => [
    ...['embed', reads, '--out', join(folder, out), '--model', ESM2, '--translate'],
    ...['--workers', '1', '--shards', '3', '--seq-threshold', '10', ...more],
  ];
  const whole = async (out: string) => ({
    digest: await digestOf(join(folder, out)),
    table: await readFile(join(folder, out, 'skipped.tsv'), 'utf8'),
  });

  test('are counted by a dry run, which keeps no list', async () => {
    const { code, lines } = await holdfast(line('out', '--dry-run', '--on-bad-record', 'skip'));
    expect(code).toBe(0);
    expect(JSON.stringify(lines)).toMatch(/so they have no row: /);
    expect(JSON.stringify(lines)).not.toContain('listed in');
  });

  test('are listed one by one; every record is in one of the two tables, and verify finds nothing', async () => {
    const { code, lines } = await holdfast(line('out'));
    const silent = records.flatMap(([id, residues]) =>
      sixFrames(id, residues, 'open').length === 0 ? [[id, 'no_frame']] : [],
    );
    expect(code).toBe(0);
    expect(silent.length).toBeGreaterThan(5);
    expect(await codes(join(folder, 'out'))).toEqual(silent);
    expect(lines.at(-1)).toMatchObject({
      skipped: silent.length,
      skipped_table: join(folder, 'out', 'skipped.tsv'),
    });
    expect(JSON.stringify(lines)).toMatch(/so they have no row: [^;]*, …; listed in skipped\.tsv/);
    expect(JSON.parse(await readFile(join(folder, 'out', 'result.json'), 'utf8'))).toMatchObject({
      skipped: silent.length,
    });
    const table = await readFile(join(folder, 'out', 'sequences.tsv'), 'utf8');
    const named = table
      .split('\n')
      .slice(1, -1)
      .map((row) => row.split('\t')[1]!.replace(/[FR][123]$/, ''));
    expect(new Set([...named, ...silent.map(([id]) => id)])).toEqual(new Set(records.map(([id]) => id)));
    expect((await holdfast(['verify', '--json', join(folder, 'out')])).code).toBe(0);
    await appendFile(join(folder, 'out', 'skipped.tsv'), 'x');
    expect((await holdfast(['verify', '--json', join(folder, 'out')])).code).not.toBe(0);
    await holdfast(line('out'));
    expect(await codes(join(folder, 'out'))).toEqual(silent);
  });

  test.each(['indexing', 'checkpoint', 'assembling'])(
    'after kill -9 at %s, and with a damaged index, the tables are those of an undisturbed run',
    async (moment) => {
      await holdfast(line('whole'));
      await killedAfter(moment, line('killed'));
      const residues = join(folder, 'killed', 'index', 'residues.bin');
      if (existsSync(residues)) await appendFile(residues, 'x');
      expect((await holdfast(line('killed'))).code).toBe(0);
      expect(await whole('killed')).toEqual(await whole('whole'));
    },
  );

  test('a run of a version that did not list them is finished as it was begun', async () => {
    await holdfast(line('whole'));
    await killedAfter('checkpoint', line('older'));
    const place = join(folder, 'older', 'index');
    const { skipped: _, files, ...rest } = JSON.parse(await readFile(join(place, 'summary.json'), 'utf8'));
    const { skipped: __, ...older } = files;
    await rm(join(place, 'skipped.tsv'));
    const summary = `${JSON.stringify({ ...rest, files: older }, null, 2)}\n`;
    await writeFile(join(place, 'summary.json'), summary);
    const path = join(folder, 'older', 'run.json');
    const index = createHash('sha256').update(summary).digest('hex');
    await writeRunRecord(path, { ...(await readRunRecord(path))!, index });
    const { code, lines } = await holdfast(line('older'));
    expect(code).toBe(0);
    expect(JSON.stringify(lines)).not.toContain('rebuilding');
    expect(JSON.stringify(lines)).not.toContain('skipped.tsv');
    expect(existsSync(join(folder, 'older', 'skipped.tsv'))).toBe(false);
    expect(await digestOf(join(folder, 'older'))).toBe(await digestOf(join(folder, 'whole')));
    expect((await holdfast(['verify', '--json', join(folder, 'older')])).code).toBe(0);
  });

  test('a genome gets the advice that helps it', async () => {
    const genome = fixture('lambda_virus.fa.gz');
    const embed = (...more: string[]) =>
      holdfast(['embed', genome, '--out', join(folder, 'out'), '--model', 'aac', ...more]);
    expect(JSON.stringify((await embed()).lines)).toContain('add --translate=orfs --force-restart');
    const { code, stderr } = await embed('--translate', '--force-restart');
    expect([code, stderr]).toEqual([2, expect.stringContaining('the only record has no reading frame')]);
    expect(stderr).toContain('use --translate=orfs');
    expect((await embed('--translate=orfs', '--force-restart')).code).toBe(0);
  });
});
