import type { Command } from 'commander';

/** All commands by what a user types, such as `models get`. */
export function namedCommands(program: Command, before = ''): [name: string, command: Command][] {
  return program.commands.flatMap((command) => {
    const name = `${before}${command.name()}`;
    return [[name, command], ...namedCommands(command, `${name} `)] as [string, Command][];
  });
}

/** Commander's own help command shows the general help for a name that it does not know. */
export function helpCommand(program: Command): void {
  program
    .command('help')
    .description('Shows the options of a command.')
    .argument('[command...]', 'the command; without one, all commands are listed')
    .action((words: string[]) => {
      const asked = words.join(' ');
      if (asked === '') program.help();
      const all = namedCommands(program);
      const [, known] = all.find(([name]) => name === asked) ?? [];
      if (known === undefined)
        program.error(
          `error: unknown command '${asked}'; the commands are ${all.map(([name]) => name).join(', ')}`,
        );
      known.help();
    });
}
