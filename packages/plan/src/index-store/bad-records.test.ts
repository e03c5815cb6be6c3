import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { LetterRules } from '@holdfast/gpu-runtime';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { letterPlan } from '../letters/letter-plan.js';
import { buildIndex } from './build-index.js';
import type { BuildIndexOptions } from './index-options.js';
import { openIndex } from './open-index.js';
import { verifyIndex } from './verify-index.js';

const allowed = Uint8Array.from({ length: 256 }, (_, c) => ((c >= 0x41 && c <= 0x5a) || c === 0x2d ? 1 : 0));
const letters = letterPlan(
  { known: allowed } as LetterRules,
  { read: 'as they are', final_stop: 'kept', gaps: 'dropped' },
  'protein',
);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-records-'));
});

async function build(inputs: string[], more: Partial<BuildIndexOptions> = {}) {
  return buildIndex({
    inputs,
    folder: join(folder, 'index'),
    allowed,
    hint: 'letters only',
    tokensOf: (residues) => residues,
    batchTokens: 40,
    bucket: { sequences: 16_384, residues: 1e8 },
    ...more,
  });
}

async function file(name: string, text: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

const pieces = (text: string, size: number) => {
  const bytes = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    ),
  );
};
const idsOf = async () => (await readFile(join(folder, 'index', 'ids.txt'), 'utf8')).split('\n').slice(0, -1);
const table = () => readFile(join(folder, 'index', 'skipped.tsv'), 'utf8');

const good = fc.record({
  id: fc.stringMatching(/^[a-d]{1,2}$/),
  residues: fc.oneof(
    { arbitrary: fc.stringMatching(/^[ACDE-]{0,20}[ACDE]$/), weight: 9 },
    // Longer than the buffers.
    { arbitrary: fc.constant('ACDE'.repeat(400_000)), weight: 1 },
  ),
});
const bad = fc.oneof(
  { arbitrary: fc.constantFrom('>a\nAC1\n', '>b\n', '>\nACD\n', '>c\n--\n-\n', '>d\nAC>e\nAC\n'), weight: 9 },
  { arbitrary: fc.constant(`>long\n${'ACDE'.repeat(400_000)}!\n`), weight: 1 },
);

test('an index with skipped records is that of the input without them, with every fault in the table', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.oneof(good, bad), { minLength: 1, maxLength: 12 }),
    fc.constantFrom(7, 1000, 100_000),
    fc.boolean(),
    async (parts, size, counted) => {
      const more = counted ? { letters } : {};
      const texts = parts.map((part) =>
        typeof part === 'string' ? part : `>${part.id} x\n${part.residues}\n`,
      );
      // Without the rule about gaps, a record of gaps is as good as any.
      const usable = parts.map((part) => typeof part !== 'string' || (!counted && part.startsWith('>c')));
      const idOf = (at: number) => texts[at]!.slice(1).split(/\s/)[0]!;
      const taken = texts.map(
        (_, at) =>
          usable[at]! && !texts.some((_, other) => other < at && usable[other]! && idOf(other) === idOf(at)),
      );
      const long = texts.some((text) => text.length > 1e6);
      const stdin = pieces(texts.join(''), long ? 100_000 : size);
      const made = build(['-'], { ...more, stdin, onBadRecord: 'skip' });
      const skipped = taken.filter((is) => !is).length;
      if (!taken.includes(true)) {
        await expect(made).rejects.toMatchObject({ name: 'InputError' });
        return;
      }
      const summary = await made;
      expect(summary.skipped?.records ?? 0).toBe(skipped);
      if (skipped > 0) {
        const lines = (await table())
          .split('\n')
          .slice(1, -1)
          .map((line) => line.split('\t'));
        const records = taken.flatMap((is, at) => (is ? [] : [`${at + 1}`]));
        expect(lines.map(([, record]) => record).sort()).toEqual(records.sort());
        expect(summary.files.skipped).toBe(
          createHash('sha256')
            .update(await table())
            .digest('hex'),
        );
      } else expect(await readdir(join(folder, 'index'))).not.toContain('skipped.tsv');
      const index = await openIndex(join(folder, 'index'));
      await verifyIndex(join(folder, 'index'), index, new AbortController().signal);
      await index.close();
      const clean = texts.filter((_, at) => taken[at]).join('');
      const { skipped: _, ...files } = summary.files;
      const due = await build(['-'], { ...more, stdin: pieces(clean, 50_000) });
      expect(due.files).toEqual(files);
      expect(due.letters).toEqual(summary.letters);
    },
  );
  await fc.assert(property, { numRuns: 60 });
}, 60_000);

test('all faults of all inputs are told at once: the first 20 with their places, all with their counts', async () => {
  const first = await file('a.fa', '>a\nACD\n>a\nACD\n>b\n\n>c\nAC1\n');
  const second = await file('b.fa', Array.from({ length: 30 }, (_, i) => `>${i}\nAC!\n`).join(''));
  const cut = await file('c.fa.gz', gzipSync('>z\nACD\n').subarray(0, 20));
  const error = await build([first, cut, second]).catch((error: unknown) => error);
  expect(error).toMatchObject({
    name: 'InputError',
    code: 'bad_records',
    counts: { duplicate_id: 1, no_residues: 1, bad_residue: 31 },
  });
  const [head, ...lines] = (error as Error).message.split('\n');
  expect(head).toBe(
    '33 records cannot be used (31 bad_residue, 1 duplicate_id, 1 no_residues), and 1 input cannot be read:',
  );
  expect(lines).toHaveLength(22);
  expect(lines[0]).toBe(`  ${cut}: the gzip data is truncated; copy or download the file again`);
  expect(lines[1]).toMatch(
    /a\.fa: record 2 \("a", line 3\): duplicate ID, first seen as record 1 of .*a\.fa;/,
  );
  expect(lines[2]).toMatch(/a\.fa: record 3 \("b", line 5\): no sequence/);
  expect(lines[3]).toMatch(/a\.fa: record 4 \("c", line 8\): "1" is not a residue/);
  expect(lines[4]).toMatch(/b\.fa: record 1 \("0", line 2\): "!"/);
  expect(lines.at(-1)).toBe('  and 13 more');
});

test('if no record can be used, the first three say enough', async () => {
  const path = await file('a.fa', Array.from({ length: 30 }, (_, i) => `>${i}\nAC!\n`).join(''));
  const error = await build([path], { wayOn: 'to leave such records out' }).catch((error: unknown) => error);
  const lines = (error as Error).message.split('\n');
  expect(lines).toHaveLength(5);
  expect([lines[0], lines[4]]).toEqual(['30 records cannot be used (30 bad_residue):', '  and 27 more']);
});

test('the number of an earlier record counts those that were left out', async () => {
  const path = await file('a.fa', '>x\n!\n>a\nACD\n>y\n!\n>b\nACD\n>a\nACD\n>b\nACD\n');
  const other = await file('b.fa', '>z\n!\n>c\nACD\n>c\nACD\n>b\nACD\n');
  await build([path, other], { onBadRecord: 'skip' });
  const firsts = (await table()).match(/first seen as record \d of [^;]*/g);
  const told = [`2 of ${path}`, `4 of ${path}`, `2 of ${other}`, `4 of ${path}`];
  expect(firsts).toEqual(told.map((each) => `first seen as record ${each}`));
});

test('a flipped bit of the table is found', async () => {
  const path = await file('a.fa', '>a\nACD\n>b\n!\n');
  await build([path], { onBadRecord: 'skip' });
  const name = join(folder, 'index', 'skipped.tsv');
  const bytes = await readFile(name);
  bytes[50]! ^= 1;
  await writeFile(name, bytes);
  const index = await openIndex(join(folder, 'index'));
  const check = verifyIndex(join(folder, 'index'), index, new AbortController().signal);
  await expect(check).rejects.toMatchObject({ code: 'index_damaged', path: name });
  await index.close();
});

test('the table stays one line a record, whatever is in an ID', async () => {
  const path = await file('a.fa', '>ok\nAC\n>a\u0001b\nAC\n>\u2028\n\n>"q" x\tz\n\n');
  await build([path], { onBadRecord: 'skip' });
  expect((await table()).split('\n')).toEqual([
    '# file\trecord\tline\tid\tcode\tproblem',
    expect.stringMatching(/a\.fa\t2\t3\ta\\x01b\tbad_id\ta control character/),
    expect.stringMatching(/a\.fa\t3\t5\t\\x2028\tno_residues\t/),
    expect.stringMatching(/a\.fa\t4\t7\t"q"\tno_residues\t/),
    '',
  ]);
});

test.each(['>a\n!\n', '>a\n\n>b\n1\n'])('an input of which nothing is left is refused: %j', async (text) => {
  await expect(build([await file('a.fa', text)], { onBadRecord: 'skip' })).rejects.toMatchObject({
    name: 'InputError',
  });
});

test('IDs that several records have get suffixes that no record has', async () => {
  const ids = fc.array(fc.stringMatching(/^a(_[1-4]){0,2}$/), { minLength: 1, maxLength: 12 });
  const property = fc.asyncProperty(ids, fc.nat(12), async (ids, cut) => {
    const texts = [ids.slice(0, cut), ids.slice(cut)].filter((part) => part.length > 0);
    const inputs = [];
    for (const [i, part] of texts.entries())
      inputs.push(await file(`${i}.fa`, part.map((id) => `>${id}\nACD\n`).join('')));
    const summary = await build(inputs, { dedupeIds: 'suffix' });
    const given = await idsOf();
    expect(new Set(given).size).toBe(ids.length);
    const repeated = [...ids.keys()].filter((at) => ids.indexOf(ids[at]!) < at);
    expect(summary.renamed?.sequences ?? 0).toBe(repeated.length);
    expect(summary.renamed?.first ?? []).toEqual(repeated.slice(0, 5).map((at) => given[at]));
    for (const [at, id] of ids.entries()) {
      if (!repeated.includes(at)) expect(given[at]).toBe(id);
      else expect(given[at]).toMatch(new RegExp(`^${id}_[0-9]+$`));
    }
    // Suffixes rise in input order, and skip only IDs that are there.
    for (const id of new Set(ids)) {
      const numbers = repeated
        .filter((at) => ids[at] === id)
        .map((at) => Number(given[at]!.slice(id.length + 1)));
      const free = Array.from({ length: 40 }, (_, i) => i + 2).filter((k) => !ids.includes(`${id}_${k}`));
      expect(numbers).toEqual(free.slice(0, numbers.length));
    }
    const index = await openIndex(join(folder, 'index'));
    await verifyIndex(join(folder, 'index'), index, new AbortController().signal);
    expect(await index.allIds()).toEqual(given);
    await index.close();
    expect(await readdir(join(folder, 'index'))).not.toContain('ids.txt.new');
  });
  await fc.assert(property, { numRuns: 100 });
});

test('the frames of a record with a repeated ID share one suffix', async () => {
  const dna = Uint8Array.from({ length: 256 }, (_, c) => ('ACGT'.includes(String.fromCharCode(c)) ? 1 : 0));
  const path = await file('a.fa', '>a\nATG\n>a\nATGATG\n>a_2\nATG\n>a\nATGGCCTAA\n');
  await build([path], { allowed: dna, cut: { translate: { frames: 'all', code: 1 } }, dedupeIds: 'suffix' });
  const frames = (id: string, names: string) => names.split(' ').map((name) => id + name);
  const six = 'F1 F2 F3 R1 R2 R3';
  expect(await idsOf()).toEqual([
    ...frames('a', 'F1 R1'),
    ...frames('a_3', six),
    ...frames('a_2', 'F1 R1'),
    ...frames('a_4', six),
  ]);
});

test('an ID may be the whole header, or what an expression finds in it', async () => {
  const path = await file('a.fa', '>sp|P1|ONE first one \nAC\n>  sp|P2|TWO\nAC\n');
  await build([path], { id: 'whole' });
  expect(await idsOf()).toEqual(['sp|P1|ONE first one', 'sp|P2|TWO']);
  await build([path], { id: '^[^|]*\\|([^|]+)' });
  expect(await idsOf()).toEqual(['P1', 'P2']);
  await build([path], { id: 'P\\d' });
  expect(await idsOf()).toEqual(['P1', 'P2']);
  await build([path], { id: 'ONE', onBadRecord: 'skip' });
  expect(await idsOf()).toEqual(['ONE']);
  expect(await table()).toContain('\tsp|P2|TWO\tbad_id\tthe header does not match --id ONE;');
  await expect(build([path], { id: '(x)?' })).rejects.toThrow('finds no ID in the header');
  const tab = await file('b.fa', '>a\tb\nAC\n');
  await expect(build([tab], { id: 'whole' })).rejects.toThrow(/a tab in the ID.*--id first-word.*sed/);
  await build([tab], { id: '^\\S+' });
  expect(await idsOf()).toEqual(['a']);
});

test('an expression that backtracks without end is cut off with its name and the place', async () => {
  const path = await file('a.fa', `>ok\nAC\n>${'a'.repeat(50)}!\nAC\n`);
  await expect(build([path], { id: '^(a+)+$', idSeconds: 0.2 })).rejects.toMatchObject({
    code: 'slow_id',
    line: 3,
    message: expect.stringContaining('--id ^(a+)+$ takes more than 0.2 s'),
  });
  const last = await file('b.fa', `>ok\nAC\n>${'a'.repeat(50)}!`);
  await expect(build([last], { id: '^(a+)+$', idSeconds: 0.2 })).rejects.toMatchObject({ code: 'slow_id' });
});

test('what is read as something else is counted in the summary, and only then', async () => {
  const path = await file('a.fq', ';c\n@a\nACD\n+\nIII\n');
  const summary = await build([path, await file('b.fa', '\ufeff>b\rAC\r\n\ufeff>c\nA\n')]);
  expect(summary.notes).toEqual({ comments: 1, byte_order_marks: 1, cr_line_ends: 1, fastq_records: 1 });
  expect(await build([await file('c.fa', '\ufeff>c\r\nA\r\n')])).not.toHaveProperty('notes');
});
