import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { commandLine } from '../src/command/options.js';
import { ExitCode } from '../src/errors.js';

const README = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
const nothing = async () => undefined;
const program = commandLine('1.2.3', { embed: nothing, inspect: nothing, models: nothing, doctor: nothing });
const lines = README.split('\n');
const optionsIn = (text: string[]) => [...new Set(text.join('\n').match(/--[a-z-]+/g) ?? [])].sort();

test.each(program.commands.map((command) => [command.name(), command] as const))(
  'the README tells every option of %s, and no other',
  (name, command) => {
    const told = lines.filter((line) => line.startsWith(`holdfast ${name} `));
    // Options of embed are a table; what else a row says is of other options.
    if (name === 'embed') told.push(...lines.flatMap((line) => /^\| `(--[^`]*)`/.exec(line)?.[1] ?? []));
    expect(optionsIn(told)).toEqual(command.options.map(({ long }) => long).sort());
  },
);

test('the README tells every exit code of the command, and no other', () => {
  const from = lines.findIndex((line) => line.startsWith('| exit code |'));
  const table = lines.slice(from + 2, lines.indexOf('', from));
  const told = table.flatMap((row) => row.split('|')[1]!.split(',').map(Number));
  expect(told).toEqual(Object.values(ExitCode));
});
