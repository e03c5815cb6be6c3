import { shellWord } from '@holdfast/options';
import type { SeenRun } from '@holdfast/run-folder/glance';

/**
 * The command that goes on with a run, as far as its record has it: thresholds, workers and the result's format are not in it,
 * and may be given as before.
 */
export function rerunCommand(dir: string, { inputs, model, given, reading = {}, ...cut }: SeenRun): string {
  const words = ['holdfast', 'embed', ...inputs.map(({ path }) => path), '--out', dir];
  const { hub } = model;
  const name = hub
    ? hub.revision === 'main'
      ? hub.id
      : `${hub.id}@${hub.revision}`
    : (given?.path ?? model.name);
  words.push('--model', name);
  words.push(...cutOptions(cut));
  if (reading.on_bad_record) words.push('--on-bad-record', reading.on_bad_record);
  if (reading.id !== undefined) words.push('--id', reading.id);
  if (reading.dedupe_ids) words.push('--dedupe-ids', reading.dedupe_ids);
  for (const [option, value] of Object.entries(given?.options ?? {}))
    words.push(option, ...(value === true ? [] : [String(value)]));
  return words.map(shellWord).join(' ');
}

/** The options that say how records become sequences. */
function cutOptions({
  translate,
  genetic_code,
  orfs,
  chunk,
}: Pick<SeenRun, 'translate' | 'genetic_code' | 'orfs' | 'chunk'>): string[] {
  const words: string[] = [];
  if (translate !== undefined) words.push(`--translate=${translate}`);
  if (genetic_code !== undefined) words.push('--genetic-code', `${genetic_code}`);
  if (orfs !== undefined) words.push('--min-orf', `${orfs.min}`, '--orf-start', orfs.start);
  if (chunk !== undefined) words.push('--chunk', `${chunk.residues}`);
  if (chunk?.stride !== undefined) words.push('--stride', `${chunk.stride}`);
  return words;
}
