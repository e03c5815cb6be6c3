import { type BuiltInModel, DEFAULT_MODEL } from '@holdfast/gpu-runtime';

const OWN = [
  'A model of your own is a folder: --model PATH',
  '  with config.json, tokenizer.json or vocab.txt, and model.onnx, as Hugging Face exports encoders;',
  '  or with model.onnx and a holdfast.json that describes it (README of @holdfast/gpu-runtime).',
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
