import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { namedCommands } from '../src/command/named-commands.js';
import { ExitCode } from '../src/errors.js';
import { idleCommandLine } from './idle-command-line.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/cli.md', import.meta.url)), 'utf8');
const program = idleCommandLine();
const lines = page.split('\n');
const optionsIn = (text: string[]) => [...new Set(text.join('\n').match(/--[a-z-]+/g) ?? [])].sort();

/** The lines of the page's table on a command. */
function tableOf(command: string): string[] {
  const from = lines.findIndex((line) => line.startsWith(`<!-- generated: ${command}, `));
  expect(from, `docs/cli.md has a table of ${command}`).toBeGreaterThan(0);
  return lines.slice(from, lines.indexOf('<!-- end of generated -->', from));
}

test.each(namedCommands(program))(
  'docs/cli.md has every option of %s in its table, and no other',
  (name, command) => {
    // What else a row says may be of other options.
    const told = tableOf(name).flatMap((line) => /^\| `((?:-\w, )?--[^`]*)`/.exec(line)?.[1] ?? []);
    expect(optionsIn(told)).toEqual(command.options.flatMap(({ long }) => long ?? []).sort());
  },
);

test('docs/cli.md has every exit code of the command, and no other', () => {
  const from = lines.findIndex((line) => line.startsWith('| exit code |'));
  const table = lines.slice(from + 2, lines.indexOf('', from));
  const told = table.flatMap((row) => row.split('|')[1]!.split(',').map(Number));
  expect(told).toEqual(Object.values(ExitCode));
});
