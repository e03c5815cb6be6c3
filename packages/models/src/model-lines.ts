import { type BuiltInModel, DEFAULT_MODEL } from '@holdfast/gpu-runtime';
import type { CatalogEntry } from '@holdfast/model-hub';
import { inBytes } from '@holdfast/options';

const OWN = [
  'Any other model: --model OWNER/NAME[@REVISION] of Hugging Face, or --model PATH',
  "  a file of published weights: fair-esm's ESM-2 (.pt) or ESM C (.pth);",
  '  a folder as Hugging Face has it: ESM-2, ESM-1b, ESM C, DNABERT-2, DNABERT-S, Nucleotide Transformer v2,',
  '    ProtT5, ProtBERT and other BERT models;',
  '  model.safetensors in such a folder, beside its config.json;',
  '  a folder that was exported to ONNX: config.json, tokenizer.json or vocab.txt, and model.onnx;',
  '  model.onnx with a holdfast.json that describes it (README of @holdfast/gpu-runtime).',
  'What has this path comes first; a folder with the name of a built-in model is ./NAME.',
];

/** Memory that a worker needs beside the weights. */
const BESIDE = 5e8;

/** The tables of built-in models and of short names, and how to use another model. */
export function modelLines(models: readonly BuiltInModel[], catalog: readonly CatalogEntry[]): string[] {
  const builtIn = table([
    ['NAME', 'ALPHABET', 'NUMBERS', 'DESCRIPTION'],
    ...models.map(({ name, alphabet, dim, description }) => [
      name,
      alphabet,
      `${dim}`,
      `${description}${name === DEFAULT_MODEL ? ' (default)' : ''}`,
    ]),
  ]);
  const named = table([
    ['NAME', 'ALPHABET', 'NUMBERS', 'DOWNLOAD', 'MEMORY', 'LICENCE', 'MODEL'],
    ...catalog.map(({ names, id, alphabet, dim, bytes, licence }) => [
      names[0],
      alphabet,
      `${dim}`,
      inBytes(bytes),
      inBytes(bytes + BESIDE),
      licence,
      id,
    ]),
  ]);
  return [
    'Built in:',
    ...builtIn,
    '',
    'Downloaded from Hugging Face when first used (or by `holdfast models get NAME`); memory is for each worker:',
    ...named,
    '',
    ...OWN,
  ];
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
