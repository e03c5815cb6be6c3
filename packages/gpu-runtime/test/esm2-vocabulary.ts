/** The 33 tokens of ESM-2 in the order of their ids, as published with its weights. */
export const ESM2: readonly string[] = [
  ...['<cls>', '<pad>', '<eos>', '<unk>'],
  ...'LAGVSERTIDPKQNFYMHWCXBUZO.-',
  ...['<null_1>', '<mask>'],
];
