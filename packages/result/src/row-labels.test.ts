import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readLabels, unknownLabelsWords } from './row-labels.js';

const folder = mkdtempSync(join(tmpdir(), 'labels-'));
const written = (name: string, text: string | Buffer) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const ids = written('ids.txt', 'a\nb\nc\nd\n');
const read = (text: string | Buffer) => readLabels(written('labels.tsv', text), { ids, rows: 4 });

it('gives each row its label, the most frequent first, and numbers as numbers', async () => {
  const text = '\ufeffID\tfamily\tscore\r\nb\tx\t1e3\r\n\r\nc\ty\t\r\nd\ty\t-0.5\r\nz\tw\tnone';
  expect(await read(text)).toEqual({
    columns: [
      { name: 'family', kind: 'category', names: ['y', 'x'], of: Uint16Array.of(0, 2, 1, 1) },
      { name: 'score', kind: 'number', values: Float32Array.of(Number.NaN, 1000, Number.NaN, -0.5) },
    ],
    unknown: 1,
  });
});

it('understands a table without the names of its columns, by its first ID', async () => {
  expect(await read('a\tx\nb\ty\nc\ty\n')).toEqual({
    columns: [{ name: 'label', kind: 'category', names: ['y', 'x'], of: Uint16Array.of(2, 1, 1, 0) }],
    unknown: 0,
  });
  expect((await read('a\t1\tx\n')).columns.map(({ name }) => name)).toEqual(['label 1', 'label 2']);
  // Its first ID is not in the result, so it could be taken for a name.
  await expect(read('q\tx\na\tx\n')).rejects.toThrow(
    /line 1: it should name .* "x" is a label in line 2 too/,
  );
});

it('loses no label, whatever the table', async () => {
  const field = fc.string({ unit: fc.constantFrom('p', 'q', '1', '.', ' ', 'é'), maxLength: 3 });
  const table = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'z'), field), {
    minLength: 1,
    selector: ([id]) => id,
  });
  await fc.assert(
    fc.asyncProperty(table, async (lines) => {
      fc.pre(lines.some(([id]) => id !== 'z'));
      const { columns, unknown } = await read(
        `id\tname\n${lines.map((line) => line.join('\t')).join('\n')}\n`,
      );
      const [column] = columns;
      for (const [row, id] of ['a', 'b', 'c', 'd'].entries()) {
        const label = lines.find(([each]) => each === id)?.[1] ?? '';
        if (column!.kind === 'number')
          expect(column!.values[row]).toBe(label === '' ? Number.NaN : Math.fround(Number(label)));
        else expect(column!.names[column!.of[row]! - 1] ?? '').toBe(label);
      }
      expect(unknown).toBe(lines.filter(([id]) => id === 'z').length);
    }),
    { numRuns: 60 },
  );
});

it('refuses what is no table of labels, and says where', async () => {
  await expect(read('id\tf\na\tx\nb\n')).rejects.toThrow(
    /labels\.tsv, line 3: it has 1 fields, but line 1 has 2/,
  );
  await expect(read('id\tf\na\tx\nb\ty\na\tx\n')).rejects.toThrow(/line 4: the ID "a" is in line 2 too/);
  await expect(read('a b\n')).rejects.toThrow(/line 1: it has no tab/);
  await expect(read(Buffer.from('id\tf\na\t\xe9\n', 'latin1'))).rejects.toThrow(/line 2: it is not UTF-8/);
  await expect(read('id\tf\nq\tx\n')).rejects.toThrow(/none of its IDs is in .*ids\.txt/);
  await expect(read('id\tf\nA.2\tx\n')).rejects.toThrow(
    /the first column must have IDs of that file, which has a where the table has A\.2/,
  );
  await expect(read('')).rejects.toThrow(/none of its IDs/);
  await expect(readLabels(join(folder, 'none.tsv'), { ids, rows: 4 })).rejects.toThrow(
    /none\.tsv: it is not there/,
  );
  await expect(readLabels(folder, { ids, rows: 4 })).rejects.toThrow(/cannot be read \(EISDIR\)/);
});

it('counts unknown IDs in words', () => {
  expect(unknownLabelsWords('l.tsv', 1)).toBe('l.tsv: 1 ID in it is not in the result');
  expect(unknownLabelsWords('l.tsv', 1700)).toBe('l.tsv: 1,700 IDs in it are not in the result');
});
