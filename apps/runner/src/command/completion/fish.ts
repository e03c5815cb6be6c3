import type { CommandFacts, ValueFacts } from './facts.js';

/** A script for fish's folder of completions, or to be sourced. */
export function fishCompletion(commands: readonly CommandFacts[]): string {
  return [
    '# Completes holdfast in fish. Made by: holdfast completion fish',
    '',
    'complete -c holdfast -e',
    'complete -c holdfast -f -n __fish_use_subcommand -l help -d "show the commands"',
    'complete -c holdfast -f -n __fish_use_subcommand -l version -d "show the version"',
    ...commands.flatMap((command) => linesOf(command, commands)),
    '',
  ].join('\n');
}

function linesOf(
  { name, says, options, argument, below }: CommandFacts,
  all: readonly CommandFacts[],
): string[] {
  const words = name.split(' ');
  const last = words.at(-1)!;
  const above = words.slice(0, -1);
  const siblings = all.find((each) => each.name === above.join(' '))?.below ?? [];
  const offered = above.length === 0 ? '__fish_use_subcommand' : `${seen(above)}; and not ${seen(siblings)}`;
  const within = words.map((word) => seen([word])).join('; and ');
  const here = below.length === 0 ? within : `${within}; and not ${seen(below)}`;
  const rule = (condition: string, more: string, text: string) =>
    `complete -c holdfast -n ${quoted(condition)} ${more} -d ${quoted(text)}`;
  const argumentRule = argument === null ? '-f' : offer(argument);
  return [
    '',
    rule(offered, `-f -a ${last}`, says),
    `complete -c holdfast -n ${quoted(here)} ${argumentRule}`,
    ...options.map(({ name: option, says: text, value }) => {
      const long = `-l ${option.slice(2)}`;
      if (value === null) return rule(here, `-f ${long}`, text);
      const takes = value.optional ? '' : value.path === null ? ' -x' : ' -r';
      return rule(here, `${long}${takes} ${offer(value)}`.trim(), text);
    }),
  ];
}

const seen = (words: readonly string[]) => `__fish_seen_subcommand_from ${words.join(' ')}`;

function offer({ choices, path }: ValueFacts): string {
  if (choices.length > 0) return `-f -a ${quoted(choices.join(' '))}`;
  if (path === 'folder') return "-f -a '(__fish_complete_directories)'";
  return path === 'file' ? '-F' : '-f';
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
