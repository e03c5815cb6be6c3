import { checkInputs } from '@holdfast/fasta';
import { allowedResidues } from '@holdfast/gpu-runtime';
import { isAtHand, listedSize } from '@holdfast/models';
import { bucketLimits, buildIndex, openIndex, readingOptions, readingUse } from '@holdfast/plan';
import { type Layout, readRunRecord } from '@holdfast/run-folder';
import type { EmbedOptions, Stop } from '../embed-options.js';
import type { Report } from '../events.js';
import { cutOf } from '../run/cut-of.js';
import { WAY_ON } from '../run/run-index.js';
import { InputWait } from '../run/waits.js';
import { lengthsOf } from './length-histogram.js';

/** A model that a run would download, and bytes of its weights if they are known. */
export interface MissingModel {
  model: string;
  bytes: number | null;
}

/** The model that would be downloaded; null if it is on this machine, or nothing has its name. */
export async function missingModel(
  { model, forceRestart }: EmbedOptions,
  { run }: Layout,
): Promise<MissingModel | null> {
  const record = forceRestart ? null : await readRunRecord(run).catch(() => null);
  if (await isAtHand(model, record?.model.hub)) return null;
  const bytes = listedSize(model);
  return bytes === undefined ? null : { model, bytes };
}

/** What a model reads is not known without it, so each letter may be a residue. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ*-.';
function anyLetter(): Uint8Array {
  const allowed = new Uint8Array(256);
  for (const letter of Buffer.from(LETTERS)) allowed[letter] = 1;
  return allowed;
}

/** Neither counts for the lengths. */
const [ANY_DIM, ANY_TOKENS] = [1024, 512];

/** Reports what the input has, as far as that is known without a model. */
export async function reportInput(
  options: EmbedOptions,
  { folder, report, stop: { signal } }: { folder: string; report: Report; stop: Stop },
): Promise<void> {
  const { inputs, dedupe = true } = options;
  await checkInputs(inputs);
  const cut = cutOf(options);
  const input = new InputWait(inputs, report);
  await input.during(() =>
    buildIndex({
      inputs,
      folder,
      allowed: cut.translate ? allowedResidues('dna') : anyLetter(),
      hint: 'give a file of sequences',
      cut,
      ...readingOptions(readingUse(options)),
      wayOn: WAY_ON,
      tokensOf: (residues) => Math.max(1, residues),
      batchTokens: ANY_TOKENS,
      bucket: bucketLimits(ANY_DIM),
      dedupe,
      signal,
      onProgress: input.progress,
    }),
  );
  const index = await openIndex(folder);
  try {
    const { sequences, residues } = index.summary;
    const lengths = await lengthsOf(() => index.allLengths());
    report({ type: 'input_counted', sequences, copies: sequences - index.positions, residues, lengths });
  } finally {
    await index.close();
  }
}
