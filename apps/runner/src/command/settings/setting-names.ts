import { nearest } from '@holdfast/options';
import type { Option } from 'commander';

/** What the names of all variables begin with. */
export const PREFIX = 'HOLDFAST_';

/** Variables that are no options; the launcher sets the last one. */
const TAKEN: readonly string[] = ['HOLDFAST_CACHE', 'HOLDFAST_DEBUG', 'HOLDFAST_HUP_IGNORED'];

/** The variable of an option: `--batch-tokens` is `HOLDFAST_BATCH_TOKENS`. */
export const variableOf = (long: string): string =>
  `${PREFIX}${long.slice(2).toUpperCase().replaceAll('-', '_')}`;

/** Options that a setting may not give, with the reason. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  '--force-restart':
    'as a setting it would make every rerun start over; give it on the command line, where it is meant once',
};

/** What a name stands for: an option, or a sentence that says why it stands for none. */
export type Known = { option: Option } | { refused: string };

/** Finds the option of a command that a variable sets; null for a variable that is something else. */
export function optionOfVariable(name: string, options: readonly Option[], command: string): Known | null {
  if (TAKEN.includes(name)) return null;
  const named = options
    .filter(({ long }) => long !== undefined)
    .map((option) => [variableOf(option.long!), option] as const);
  const found = named.find(([variable]) => variable === name)?.[1];
  return found === undefined
    ? unknown(name, [...named.map(([variable]) => variable), ...TAKEN.slice(0, 2)], command)
    : allowed(found);
}

/** Finds the option of a command that a name in a file sets. */
export function optionOfName(name: string, options: readonly Option[], command: string): Known {
  const found = options.find(({ long }) => long === `--${name}`);
  if (found?.long === '--config') return { refused: 'a file of settings cannot name another one' };
  const names = options.flatMap(({ long }) =>
    long === undefined || long === '--config' ? [] : [long.slice(2)],
  );
  return found === undefined ? unknown(name, names, command) : allowed(found);
}

function allowed(option: Option): Known {
  const why = FORBIDDEN[option.long!];
  return why === undefined ? { option } : { refused: why };
}

function unknown(name: string, known: readonly string[], command: string): Known {
  const meant = nearest(
    name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name,
    known.map((each) => each.replace(PREFIX, '')),
  );
  const hint = meant === null ? '' : `; did you mean ${name.startsWith(PREFIX) ? PREFIX : ''}${meant}?`;
  return { refused: `no option of ${command} has this name${hint}` };
}
