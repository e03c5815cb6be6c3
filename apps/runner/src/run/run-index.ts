import { removeDurably, renameDurably } from '@holdfast/durable';
import { allowedResidues, type ModelSource, tokensOf } from '@holdfast/gpu-runtime';
import {
  AS_THEY_ARE,
  bucketLimits,
  buildIndex,
  IndexError,
  type IndexSummary,
  type LetterUse,
  letterPlan,
  openIndex,
  type ReadingUse,
  readingOptions,
  type SequenceIndex,
  verifyIndex,
} from '@holdfast/plan';
import { type Layout, type RunRecord, writeRunRecord } from '@holdfast/run-folder';
import { checking, type Prepared, type PrepareOptions, whileReading } from './asked-run.js';
import { refuseDifferences, refuseForeign } from './refuse-other-run.js';

/** What to type if records are refused. */
export const WAY_ON = 'to leave such records out and list them, add --on-bad-record skip';

/** What to do about a letter that is no residue. @param model null: the input is translated first. */
export function residueHint(model: Pick<ModelSource, 'name' | 'alphabet'> | null): string {
  if (model === null) return '--translate reads nucleotides; leave it out for a file of proteins';
  return model.alphabet === 'dna'
    ? `the model ${model.name} reads nucleotides; for proteins, choose another --model, such as aac or esm2-8m (\`holdfast models\` lists more)`
    : `the model ${model.name} reads proteins; for other sequences, choose another --model (\`holdfast models\` lists them)`;
}

/** The index of the run on disk, every byte verified; null if it is damaged, or nothing proves that it is this run's. */
export async function verifiedIndex(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
): Promise<SequenceIndex | null> {
  const { signal, onWarning } = options;
  if (record.index === undefined) {
    await refuseForeign(place, record, options, 'nothing in the folder belongs to that run');
    // Another run with the same IDs may have left it. Only an index rebuilt from the input is certain to be this run's.
    onWarning(`${place.run} does not name the run's index; rebuilding the index from the input`);
    return null;
  }
  let index: SequenceIndex | undefined;
  try {
    index = await openIndex(place.index, record.index);
    if (index.summary.run?.fingerprint !== record.fingerprint)
      throw new IndexError('index_other', place.index, 'it belongs to another run');
    const opened = index;
    await checking(options, `checking ${place.index}`, () => verifyIndex(place.index, opened, signal));
    return index;
  } catch (error) {
    await index?.close();
    if (!(error instanceof IndexError) || error.code === 'index_unreadable') throw error;
    await refuseForeign(place, record, options, 'nothing in the folder belongs to that run');
    onWarning(`${error.message}; rebuilding the index from the input`);
    return null;
  }
}

/** Rebuilds the index in a folder, by default the run's own. The inputs are compared by the hashes of the same pass, since standard input can be read only once. */
export async function restoreIndex(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
  folder: Layout = place,
): Promise<Pick<Prepared, 'record' | 'index'>> {
  const batchTokens = options.batchTokens ?? record.batch_tokens;
  const use = record.letters ?? AS_THEY_ARE;
  const dedupe = record.identical !== undefined;
  const { reading } = record;
  const { index: _, ...described } = record;
  const { inputs } = await whileReading(options, () =>
    indexInputs(folder, options, { batchTokens, use, dedupe, reading, runOf: () => described }),
  );
  try {
    await refuseDifferences(place, record, options, inputs);
  } catch (error) {
    await removeDurably(folder.newIndex);
    throw error;
  }
  const index = await installIndex(folder);
  const restored = { ...record, index: index.digest };
  await writeRunRecord(folder.run, restored);
  return { record: restored, index };
}

/** Reads the inputs into a new index beside the index's place. Removes it after an error. */
export async function indexInputs(
  place: Layout,
  options: PrepareOptions,
  {
    batchTokens,
    use,
    dedupe,
    reading,
    runOf,
  }: {
    batchTokens: number;
    use: LetterUse;
    dedupe: boolean;
    reading: ReadingUse | undefined;
    runOf: (inputs: IndexSummary['inputs']) => RunRecord;
  },
): Promise<IndexSummary> {
  const { inputs, model, cut, letters, signal, onProgress } = options;
  const { translate } = cut;
  await removeDurably(place.newIndex);
  try {
    return await buildIndex({
      inputs,
      folder: place.newIndex,
      allowed: allowedResidues(translate ? 'dna' : model.alphabet),
      hint: residueHint(translate ? null : model),
      cut,
      ...readingOptions(reading),
      wayOn: WAY_ON,
      tokensOf: (residues) => tokensOf(model, residues),
      batchTokens,
      bucket: bucketLimits(model.dim),
      maxResidues: model.maxResidues,
      letters: letterPlan(letters.rules, use, model.alphabet),
      dedupe,
      runOf,
      signal,
      onProgress,
    });
  } catch (error) {
    await removeDurably(place.newIndex);
    throw error;
  }
}

export async function installIndex(place: Layout): Promise<SequenceIndex> {
  await removeDurably(place.index);
  await renameDurably(place.newIndex, place.index);
  return openIndex(place.index);
}
