import type { SeenRun } from '@holdfast/run-folder/glance';

/**
 * The command that goes on with a run, as far as its record has it: thresholds, workers and the result's format are not in it,
 * and may be given as before.
 */
export function rerunCommand(dir: string, { inputs, model, translate, given }: SeenRun): string {
  const words = ['holdfast', 'embed', ...inputs.map(({ path }) => path), '--out', dir];
  const { hub } = model;
  const name = hub
    ? hub.revision === 'main'
      ? hub.id
      : `${hub.id}@${hub.revision}`
    : (given?.path ?? model.name);
  words.push('--model', name);
  if (translate !== undefined) words.push(`--translate=${translate}`);
  for (const [option, value] of Object.entries(given?.options ?? {}))
    words.push(option, ...(value === true ? [] : [String(value)]));
  return words.map(quoted).join(' ');
}

/** A word as a POSIX shell reads it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
