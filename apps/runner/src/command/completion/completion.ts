import { Argument, type Command } from 'commander';
import { bashCompletion } from './bash.js';
import { type CommandFacts, completionFacts } from './facts.js';
import { fishCompletion } from './fish.js';
import { zshCompletion } from './zsh.js';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } satisfies Record<
  string,
  (commands: readonly CommandFacts[]) => string
>;

/** A shell whose completions can be made. */
export type Shell = keyof typeof SHELLS;

/** The script that makes a shell complete what the program's definitions have. */
export const completionScript = (shell: Shell, program: Command): string =>
  SHELLS[shell](completionFacts(program));

/** Adds `completion`. */
export function completionCommand(program: Command, print: (script: string) => Promise<void>): void {
  program
    .command('completion')
    .description('Prints a script that makes a shell complete commands, options and their values.')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(SHELLS)))
    .action(async (shell: Shell) => {
      await print(completionScript(shell, program));
    });
}
