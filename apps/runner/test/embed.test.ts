import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, windows } from './command.js';

let reads: string;
beforeAll(async () => {
  reads = await windows(3000);
});

/** Canonical tetranucleotide frequencies counted by hand, column by column. */
function counted(residues: string): Map<string, number> {
  const complement: Record<string, string> = { A: 'T', C: 'G', G: 'C', T: 'A' };
  const counts = new Map<string, number>();
  let total = 0;
  const bases = residues.toUpperCase().replaceAll('U', 'T');
  for (let at = 0; at + 4 <= bases.length; at++) {
    const word = bases.slice(at, at + 4);
    if (/[^ACGT]/.test(word)) continue;
    const other = [...word].reverse().map((base) => complement[base]);
    const canonical = [word, other.join('')].sort()[0]!;
    counts.set(canonical, (counts.get(canonical) ?? 0) + 1);
    total++;
  }
  for (const [word, count] of counts) counts.set(word, count / total);
  return counts;
}

interface Tensor {
  shape: [number, number];
  columns: string[];
  rows: Float32Array;
}

async function readEmbeddings(out: string): Promise<Tensor> {
  const bytes = await readFile(join(out, 'embeddings.safetensors'));
  const header = Number(bytes.readBigUInt64LE());
  const { embeddings, __metadata__ } = JSON.parse(bytes.toString('utf8', 8, 8 + header));
  const data = Uint8Array.from(bytes.subarray(8 + header));
  return {
    shape: embeddings.shape,
    columns: __metadata__.columns.split(','),
    rows: new Float32Array(data.buffer),
  };
}

test('every row is the count of its own sequence, in input order', async () => {
  const out = join(await freshFolder(), 'out');
  const { code, stderr } = await holdfast([
    'embed',
    fixture('messy.fa'),
    reads,
    '--out',
    out,
    '--workers',
    '2',
  ]);
  expect([code, stderr]).toEqual([0, '']);
  const text = `${await readFile(fixture('messy.fa'), 'latin1')}${await readFile(reads, 'latin1')}`;
  const expected = text
    .split('>')
    .slice(1)
    .map((record) => {
      const [header, ...lines] = record.split(/\r?\n/);
      return { id: header!.split(/\s/)[0]!, residues: lines.join('').replace(/\s/g, '') };
    });
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n');
  expect(ids).toEqual([...expected.map(({ id }) => id), '']);
  const { shape, columns, rows } = await readEmbeddings(out);
  expect(shape).toEqual([expected.length, 136]);
  expect(columns).toEqual([...columns].sort());
  expected.forEach(({ residues }, row) => {
    const counts = counted(residues);
    const furthest = Math.max(
      ...columns.map((word, column) => Math.abs(rows[row * 136 + column]! - (counts.get(word) ?? 0))),
    );
    expect(furthest).toBeLessThan(1e-6);
  });
});

test('sequences without a countable window are rows of zeros and a warning', async () => {
  const folder = await freshFolder();
  const out = join(folder, 'out');
  const { code, lines } = await holdfast(['embed', '-', '--out', out], '>a\nACG\n>b\nACGTN\n>c\nNNNNNNNN\n');
  expect(code).toBe(0);
  const { rows } = await readEmbeddings(out);
  const sums = [0, 1, 2].map((row) => rows.subarray(row * 136, row * 136 + 136).reduce((a, b) => a + b));
  expect(sums).toEqual([0, 1, 0]);
  const warnings = lines.filter(({ event }) => event === 'warning').map(({ message }) => message);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^2 of 3 sequences contain letters that tnf does not know \(9 N in 2\), and no window that holds one is counted: b, c$/,
    ),
    expect.stringMatching(
      /^1 of 3 sequences contains no definite residue that tnf knows, so there is nothing to count: c; a row/,
    ),
    '2 sequences have a row of zeros: a, c; such a row means: the record has no window of four letters ACGTU',
  ]);
});

test('sequences of any length: batches are planned by length, rows stay in input order, and padding is told', async () => {
  const folder = await freshFolder();
  const bases = (await readFile(reads, 'latin1')).replace(/>.*/g, '').replaceAll('\n', '');
  const lengths = Array.from({ length: 500 }, (_, i) => 4 + ((i * 7919) % 1201));
  const sequences = lengths.map((length, i) => bases.slice(i * 600, i * 600 + length));
  const input = join(folder, 'lengths.fa');
  await writeFile(input, sequences.map((residues, i) => `>s${i}\n${residues}\n`).join(''));
  const out = join(folder, 'out');
  const line = ['embed', input, '--out', out, '--workers', '2', '--batch-tokens', '8000'];
  const { code, lines } = await holdfast(line);
  expect(code).toBe(0);
  const { rows, columns } = await readEmbeddings(out);
  for (const [row, residues] of sequences.entries()) {
    const counts = counted(residues);
    for (const [column, word] of columns.entries())
      expect(Math.abs(rows[row * 136 + column]! - (counts.get(word) ?? 0))).toBeLessThan(1e-6);
  }
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const planned = lines.find(({ event }) => event === 'planned')!;
  const { padded_tokens } = planned as { padded_tokens?: number };
  expect(planned).toMatchObject({ tokens, padded_tokens: expect.any(Number) });
  expect(padded_tokens!).toBeGreaterThan(tokens);
  // In input order a third would be padding.
  expect(1 - tokens / padded_tokens!).toBeLessThan(0.04);
  const told = { tokens, padded_tokens, padding_share: planned['padding_share'] };
  expect(lines.at(-1)).toMatchObject({ event: 'complete', already: false, ...told });
  const again = await holdfast(line);
  expect(again.lines).toMatchObject([{ event: 'complete', already: true, ...told }]);
});

test('neither workers, shards, thresholds, compression, nor standard input change a byte', async () => {
  const folder = await freshFolder();
  const zipped = join(folder, 'reads.fa.gz');
  await writeFile(zipped, gzipSync(await readFile(reads)));
  const variants = [
    [reads, '--workers', '1', '--shards', '1'],
    [reads, '--workers', '3', '--shards', '7', '--seq-threshold', '13'],
    [zipped, '--workers', '2', '--shards', '1000', '--time-threshold', '0.001'],
  ];
  const digests = new Set<string>();
  for (const [i, variant] of variants.entries()) {
    const out = join(folder, `${i}`);
    expect(await holdfast(['embed', ...variant, '--out', out])).toMatchObject({ code: 0 });
    digests.add(await digestOf(out));
  }
  const out = join(folder, 'stdin');
  expect(await holdfast(['embed', '-', '--out', out], await readFile(zipped))).toMatchObject({ code: 0 });
  digests.add(await digestOf(out));
  expect(digests.size).toBe(1);
});

test('when all is done, the same line says so and starts no worker; another format is joined from what is there', async () => {
  const out = join(await freshFolder(), 'out');
  await holdfast(['embed', reads, '--out', out]);
  const before = await digestOf(out);
  const again = await holdfast(['embed', reads, '--out', out]);
  expect(again.code).toBe(0);
  expect(again.lines.map(({ event, already }) => [event, already])).toEqual([['complete', true]]);
  for (const format of ['npy', 'pt']) {
    const other = await holdfast(['embed', reads, '--out', out, '--format', format]);
    expect(other.code).toBe(0);
    expect(other.lines.map(({ event }) => event)).not.toContain('spawned');
  }
  const forth = await holdfast(['embed', reads, '--out', out]);
  expect(forth.code).toBe(0);
  expect(await digestOf(out)).toEqual(before);
});

test('a removed or cut result is joined again, and --force-restart begins anew', async () => {
  const out = join(await freshFolder(), 'out');
  await holdfast(['embed', reads, '--out', out]);
  const before = await digestOf(out);
  await writeFile(join(out, 'embeddings.safetensors'), 'cut');
  expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toEqual(before);
  const anew = await holdfast(['embed', fixture('messy.fa'), '--out', out, '--force-restart']);
  expect(anew.code).toBe(0);
  expect((await readFile(join(out, 'ids.txt'), 'utf8')).split('\n').length).toBeLessThan(30);
});

test('pooling and the reading of long sequences are chosen on the line, and a resume with others is refused', async () => {
  const model = fileURLToPath(
    new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
  );
  const folder = await freshFolder();
  const input = join(folder, 'proteins.fa');
  await writeFile(input, `>short\nMKTAYIAKQR\n>long\n${'MKTAYIAKQRQISFVKSHFSRQ'.repeat(60)}\n`);
  const rows: Buffer[] = [];
  for (const more of [[], ['--pooling', 'max'], ['--long-sequences', 'windows', '--window-overlap', '20']]) {
    const out = join(folder, `out${rows.length}`);
    const line = ['embed', input, '--out', out, '--model', model, '--workers', '1', ...more];
    const { code, stderr } = await holdfast(line);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    rows.push((await readFile(join(out, 'embeddings.safetensors'))).subarray(-2 * 32 * 4));
    const another = line.filter((word) => word !== '--pooling' && word !== 'max');
    const other = await holdfast([...another, '--pooling', 'cls']);
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/--pooling: m\w+ → cls\. /)]);
  }
  const [mean, max, windows] = rows as [Buffer, Buffer, Buffer];
  expect(max.equals(mean)).toBe(false);
  // The short one is read as it was; the long one to its end.
  expect(windows.subarray(0, 128)).toEqual(mean.subarray(0, 128));
  expect(windows.subarray(128).equals(mean.subarray(128))).toBe(false);
});
