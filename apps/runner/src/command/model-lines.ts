import { type BuiltInModel, DEFAULT_MODEL } from '@holdfast/gpu-runtime';

const OWN = [
  'Any other model: --model PATH or --model OWNER/NAME',
  "  a file of published weights: fair-esm's ESM-2 (.pt) or ESM C (.pth);",
  '  a folder as Hugging Face has it: ESM-2, ESM-1b, ESM C, DNABERT-2, DNABERT-S, Nucleotide Transformer v2,',
  '    ProtT5, ProtBERT and other BERT models;',
  '  OWNER/NAME of such a folder, if it is in the cache of Hugging Face (hf download OWNER/NAME);',
  '  a folder that was exported to ONNX: config.json, tokenizer.json or vocab.txt, and model.onnx;',
  '  model.onnx with a holdfast.json that describes it (README of @holdfast/gpu-runtime).',
  'If the folder has the name of a built-in model, write ./NAME.',
];

/** The table of built-in models, and how to use a model folder of your own. */
export function modelLines(models: readonly BuiltInModel[]): string[] {
  const rows = [
    ['NAME', 'ALPHABET', 'NUMBERS', 'DESCRIPTION'],
    ...models.map((model) => [
      model.name,
      model.alphabet,
      `${model.dim}`,
      `${model.description}${model.name === DEFAULT_MODEL ? ' (default)' : ''}`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  return [...table, '', ...OWN];
}
