import { expect, test } from 'vitest';
import { listModels } from './list-models.js';

const models = [
  { name: 'tnf', alphabet: 'dna', dim: 136, description: 'words of four' },
  { name: 'a-long-name', alphabet: 'protein', dim: 20, description: 'shares' },
] as const;
const named = [
  { names: ['esm2-8m'], id: 'facebook/esm2', alphabet: 'protein', dim: 320, bytes: 31e6, licence: 'MIT' },
] as const;

function listed(json: boolean): string[] {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  listModels(json, write, models, named);
  return text.split('\n');
}

test('tables, and how to use another model', () => {
  const lines = listed(false);
  expect(lines.slice(0, 8)).toEqual([
    'Built in:',
    'NAME         ALPHABET  NUMBERS  DESCRIPTION',
    'tnf          dna       136      words of four (default)',
    'a-long-name  protein   20       shares',
    '',
    'Downloaded from Hugging Face when first used (or by `holdfast models get NAME`); memory is for each worker:',
    'NAME     ALPHABET  NUMBERS  DOWNLOAD  MEMORY  LICENCE  MODEL',
    'esm2-8m  protein   320      31.0 MB   531 MB  MIT      facebook/esm2',
  ]);
  expect(lines.join(' ')).toMatch(
    /--model OWNER\/NAME.*--model PATH.*model\.safetensors .*beside its config\.json.*holdfast\.json/,
  );
});

test('--json prints one object per model', () => {
  expect(
    listed(true)
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  ).toEqual([...models, ...named]);
});
