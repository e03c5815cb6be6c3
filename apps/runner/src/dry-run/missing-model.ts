import { checkInputs } from '@holdfast/fasta';
import { allowedResidues } from '@holdfast/gpu-runtime';
import { isAtHand, listedModel } from '@holdfast/models';
import {
  bucketLimits,
  buildIndex,
  NUCLEOTIDE_SAMPLE,
  nucleotideWarning,
  openIndex,
  readingOptions,
  readingUse,
} from '@holdfast/plan';
import { type Layout, readRunRecord } from '@holdfast/run-folder';
import type { EmbedOptions, Stop } from '../embed-options.js';
import type { Report } from '../events.js';
import { withoutRows } from '../result/left-out.js';
import { cutOf } from '../run/cut-of.js';
import { refuseTranslation } from '../run/request.js';
import { residueHint, WAY_ON } from '../run/run-index.js';
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
  const listed = listedModel(model);
  return listed === undefined ? null : { model, bytes: listed?.bytes ?? null };
}

/** For a model that is neither here nor listed, any letter may be a residue. */
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
  const alphabet = listedModel(options.model)?.alphabet;
  const model = alphabet && { name: options.model, alphabet };
  if (model) refuseTranslation(cut.translate, model);
  const translated = cut.translate !== undefined;
  const reads = translated ? null : model;
  const input = new InputWait(inputs, report);
  await input.during(() =>
    buildIndex({
      inputs,
      folder,
      allowed: reads === undefined ? anyLetter() : allowedResidues(reads?.alphabet ?? 'dna'),
      hint: reads === undefined ? 'give a file of sequences' : residueHint(reads),
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
    const first = await index.firstResidues(NUCLEOTIDE_SAMPLE);
    const meanLength = residues / sequences;
    const warnings = [
      withoutRows(index.summary, { kept: false }),
      model ? nucleotideWarning(first, model, { translated, meanLength }) : null,
    ];
    for (const message of warnings) if (message !== null) report({ type: 'warning', message });
    const lengths = await lengthsOf(() => index.allLengths());
    report({ type: 'input_counted', sequences, copies: sequences - index.positions, residues, lengths });
  } finally {
    await index.close();
  }
}
