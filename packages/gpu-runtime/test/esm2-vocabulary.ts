/** The 33 tokens of ESM-2 in order of their IDs, as published with its weights. */
export const ESM2: readonly string[] = [
  ...['<cls>', '<pad>', '<eos>', '<unk>'],
  ...'LAGVSERTIDPKQNFYMHWCXBUZO.-',
  ...['<null_1>', '<mask>'],
];
