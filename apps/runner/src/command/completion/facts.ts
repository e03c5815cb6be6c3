import type { Argument, Command, Option } from 'commander';
import { namedCommands } from '../named-commands.js';

/** What may follow: one of these words, a path, or anything else. */
export interface ValueFacts {
  choices: readonly string[];
  path: 'file' | 'folder' | null;
}

export interface OptionFacts {
  /** With its dashes. */
  name: string;
  says: string;
  /** Null for an option without a value. */
  value: (ValueFacts & { optional: boolean }) | null;
}

export interface CommandFacts {
  /** What a user types, such as `models get`. */
  name: string;
  says: string;
  options: readonly OptionFacts[];
  /** The commands below it, by their last word. */
  below: readonly string[];
  /** What an argument may be; null if it takes none. */
  argument: ValueFacts | null;
}

/** What can be completed after each command, from the definitions. */
export function completionFacts(program: Command): CommandFacts[] {
  const named = namedCommands(program);
  return named.map(([name, command]) => ({
    name,
    says: firstSentence(command.description()),
    options: [...command.options.map(optionFacts), { name: '--help', says: 'show its options', value: null }],
    below: command.commands.map((each) => each.name()),
    argument: argumentFacts(name, command.registeredArguments, named),
  }));
}

function optionFacts(option: Option): OptionFacts {
  const { long, required, optional, flags, argChoices } = option;
  const says = firstSentence(option.description.replace(/ \(default: [^()]*\)$/, ''));
  // commander refuses options without a long name elsewhere; here they have one.
  const name = long ?? flags;
  const value = required || optional ? { choices: argChoices ?? [], path: pathIn(flags), optional } : null;
  return { name, says, value };
}

function argumentFacts(
  name: string,
  args: readonly Argument[],
  named: readonly (readonly [string, Command])[],
): ValueFacts | null {
  const [first] = args;
  if (first === undefined) return null;
  if (name === 'help')
    return { choices: named.map(([each]) => each).filter((each) => !each.includes(' ')), path: null };
  const path = pathIn(`<${first.name()}>`);
  return { choices: first.argChoices ?? [], path };
}

/** The name of a value says what it is. */
function pathIn(flags: string): ValueFacts['path'] {
  if (/<dir>/.test(flags)) return 'folder';
  return /\b(file|path|input)\b/.test(flags) ? 'file' : null;
}

const firstSentence = (text: string): string => text.split(/(?<=[.;])\s/, 1)[0]!.replace(/[.;]$/, '');
