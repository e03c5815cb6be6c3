import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commandLine } from '../src/command/options.js';
import { ExitCode } from '../src/errors.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/cli.md', import.meta.url)), 'utf8');
const nothing = async () => undefined;
const program = commandLine('1.2.3', { embed: nothing, inspect: nothing, models: nothing, doctor: nothing });
const lines = page.split('\n');
const optionsIn = (text: string[]) => [...new Set(text.join('\n').match(/--[a-z-]+/g) ?? [])].sort();

/** The lines of the page's section on a command. */
function sectionOf(command: string): string[] {
  const from = lines.indexOf(`## ${command}`);
  expect(from, `docs/cli.md has a section ${command}`).toBeGreaterThan(0);
  const length = lines.slice(from + 1).findIndex((line) => line.startsWith('## '));
  return lines.slice(from, length < 0 ? undefined : from + 1 + length);
}

test.each(program.commands.map((command) => [command.name(), command] as const))(
  'docs/cli.md has every option of %s in its table, and no other',
  (name, command) => {
    // What else a row says may be of other options.
    const told = sectionOf(name).flatMap((line) => /^\| `(--[^`]*)`/.exec(line)?.[1] ?? []);
    expect(optionsIn(told)).toEqual(command.options.map(({ long }) => long).sort());
  },
);

test('docs/cli.md has every exit code of the command, and no other', () => {
  const from = lines.findIndex((line) => line.startsWith('| exit code |'));
  const table = lines.slice(from + 2, lines.indexOf('', from));
  const told = table.flatMap((row) => row.split('|')[1]!.split(',').map(Number));
  expect(told).toEqual(Object.values(ExitCode));
});
