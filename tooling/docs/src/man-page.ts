import type { CommandFacts, OptionFacts } from './cli-page.js';

/** What the manual needs beside the definitions of commands. */
export interface ManualFacts {
  description: string;
  commands: readonly (readonly [name: string, command: CommandFacts])[];
  /** By a command's name; the empty name is the program. */
  examples: Readonly<Record<string, readonly { does: string; line: string }[]>>;
  exitCodes: readonly (readonly [code: number, meaning: string])[];
  environment: readonly (readonly [name: string, meaning: string])[];
}

/** The manual page of the program, as roff for man(7). It has no date and no version, so equal definitions give equal bytes. */
export function manPage({ description, commands, examples, exitCodes, environment }: ManualFacts): string {
  return [
    '.\\" Made from the definitions of commands by node tooling/docs/cli.mjs',
    '.TH HOLDFAST 1 "" "Holdfast" "User commands"',
    '.SH NAME',
    'holdfast \\- embed sequences on machines that can be preempted at any moment',
    '.SH SYNOPSIS',
    '.B holdfast',
    '.I command',
    '[\\fIoptions\\fR]',
    '.SH DESCRIPTION',
    prose(description),
    ...examplesOf(examples['']),
    '.SH COMMANDS',
    ...commands.flatMap(([name, command]) => commandPart(name, command, examples[name])),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, prose(meaning)]),
    '.SH ENVIRONMENT',
    ...environment.flatMap(([name, meaning]) => ['.TP', `.B ${escaped(name)}`, prose(meaning)]),
    '.SH SEE ALSO',
    prose('The folder docs of Holdfast says more: cli.md on options, output.md on what a run leaves.'),
    '',
  ].join('\n');
}

function commandPart(
  name: string,
  command: CommandFacts,
  examples: ManualFacts['examples'][string] = [],
): string[] {
  return [
    `.SS holdfast ${escaped(name)}`,
    `\\fBholdfast ${escaped(name)}\\fR ${escaped(command.usage())}`,
    '.PP',
    prose(command.description()),
    ...command.registeredArguments.flatMap((argument) => [
      '.TP',
      `.I ${escaped(argument.name())}${argument.variadic ? ' ...' : ''}`,
      prose(argument.description),
    ]),
    ...command.options.flatMap((option) => ['.TP', `.B ${escaped(option.flags)}`, prose(meaning(option))]),
    ...examplesOf(examples),
  ];
}

/** The description, with what commander keeps apart from it. */
function meaning({ description, defaultValue, presetArg, argChoices, mandatory }: OptionFacts): string {
  const choices = argChoices === undefined ? '' : ` (one of ${argChoices.map(code).join(', ')})`;
  const preset = presetArg === undefined ? '' : ` (without a value: ${code(String(presetArg))})`;
  const known =
    defaultValue === undefined || defaultValue === false ? '' : ` (default: ${code(String(defaultValue))})`;
  return `${description}${choices}${preset}${known}${mandatory ? ' (required)' : ''}`;
}

function examplesOf(examples: ManualFacts['examples'][string] = []): string[] {
  return examples.flatMap(({ does, line }) => [
    '.PP',
    prose(`${does}:`),
    '.PP',
    '.RS',
    '.nf',
    escaped(line),
    '.fi',
    '.RE',
  ]);
}

const code = (text: string) => `\`${text}\``;

/** Text in which words between backticks are bold. */
const prose = (text: string): string => escaped(text).replace(/`([^`]*)`/g, '\\fB$1\\fR');

/** Text that roff prints as it stands. */
function escaped(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(
      /\P{ASCII}/gu,
      (letter) => `\\[u${letter.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    );
  return /^[.']/.test(plain) ? `\\&${plain}` : plain;
}
