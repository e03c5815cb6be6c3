import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labelled, readLabels } from './labels.js';

const folder = mkdtempSync(join(tmpdir(), 'labels-'));
const written = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const ids = written('ids.txt', 'a\nb\nc\nd\n');

it('gives each row its label, the most frequent first', async () => {
  const path = written('good.tsv', 'ID\tfamily\r\nb\tx\tmore\r\n\r\nc\ty\r\nd\ty\r\nz\tw\r\n');
  const labels = await readLabels(path);
  expect([...labels]).toEqual([
    ['b', 'x'],
    ['c', 'y'],
    ['d', 'y'],
    ['z', 'w'],
  ]);
  expect(await labelled(labels, { ids, rows: 4, path })).toEqual({
    by: 'label',
    of: Uint16Array.of(2, 1, 0, 0),
    names: ['y', 'x'],
    counts: [2, 1, 1],
  });
});

it('refuses what is no table of labels, and says where', async () => {
  const refused = (text: string) => expect(readLabels(written('bad.tsv', text))).rejects;
  await refused('a\tx\nb\n').toThrow(/bad\.tsv: line 2 has no tab, so there is no label for "b"/);
  await refused('a\tx\na\ty\n').toThrow(/line 2 labels "a" once more, as "y" and not as "x"/);
  await expect(readLabels(join(folder, 'none.tsv'))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  await expect(readLabels(folder)).rejects.toThrow(/is not a file/);
  const path = written('other.tsv', 'q\tx\n');
  const labels = await readLabels(path);
  await expect(labelled(labels, { ids, rows: 4, path })).rejects.toThrow(
    /none of its 1 IDs is in .*ids\.txt/,
  );
});
