import { expect, test } from 'vitest';
import { listModels } from './models.js';

const models = [
  { name: 'tnf', alphabet: 'dna', dim: 136, description: 'words of four' },
  { name: 'a-long-name', alphabet: 'protein', dim: 20, description: 'shares' },
] as const;

function listed(json: boolean): string[] {
  let text = '';
  listModels(
    json,
    (part) => {
      text += part;
    },
    models,
  );
  return text.split('\n');
}

test('a table, and how to use a model folder of your own', async () => {
  const lines = listed(false);
  expect(lines.slice(0, 4)).toEqual([
    'NAME         ALPHABET  NUMBERS  DESCRIPTION',
    'tnf          dna       136      words of four (default)',
    'a-long-name  protein   20       shares',
    '',
  ]);
  expect(lines.join(' ')).toMatch(/--model PATH.*config\.json.*holdfast\.json/);
});

test('--json prints one object per model', async () => {
  expect(
    listed(true)
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  ).toEqual(models);
});
