import type { LetterTokens } from '../../letters.js';
import { readTokenizerSettings } from '../tokenizer-files.js';

/** Residues of ESM-1b, ESM-2 and ESM C by ID, from 4 on; 0 to 3 are `<cls>`, `<pad>`, `<eos>`, `<unk>`. */
const RESIDUES = 'LAGVSERTIDPKQNFYMHWCXBUZO.-';

/** The tokens of fair-esm. It refuses other letters; here they are `<unk>`, as on Hugging Face: a run of them is one. */
export const ESM_TOKENS: LetterTokens = {
  alphabet: 'protein',
  ids: new Map([...RESIDUES].map((residue, i) => [residue, i + 4])),
  other: 3,
  fused: true,
  padding: 1,
  prefix: [0],
  suffix: [2],
};

/** ESM C makes one `<unk>` of each unknown letter, and knows the chain break. */
export const ESMC_TOKENS: LetterTokens = {
  ...ESM_TOKENS,
  ids: new Map([...ESM_TOKENS.ids, ['|', 31]]),
  fused: false,
};

/** Their names; each is the token that its key says, and no other. */
const NAMES = { cls_token: '<cls>', pad_token: '<pad>', eos_token: '<eos>', unk_token: '<unk>' };
const ESMC_RULES = {
  classes: ['EsmcTokenizer', 'EsmSequenceTokenizer', 'PreTrainedTokenizerFast', 'TokenizersBackend'],
  tokens: NAMES,
  fixed: Object.keys(NAMES),
  ids: new Map([
    ...Object.values(NAMES).map((name, id) => [name, id] as const),
    ...ESMC_TOKENS.ids,
    ['<mask>', 32],
  ]),
};

/** The tokens of ESM C in a folder of Transformers. @throws UnsupportedModelError for settings that make other tokens; WeightsError. */
export function esmcTokens(folder: string): LetterTokens {
  return { ...ESMC_TOKENS, longest: readTokenizerSettings(folder, ESMC_RULES).longest };
}
