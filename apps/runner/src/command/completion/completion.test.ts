import { expect, test } from 'vitest';
import { idleCommandLine } from '../../../test/idle-command-line.js';
import { addExamples, EXAMPLES } from '../examples.js';
import { namedCommands } from '../named-commands.js';
import { completionScript } from './completion.js';
import { completionFacts } from './facts.js';

const facts = completionFacts(idleCommandLine());
const of = (name: string) => facts.find((each) => each.name === name)!;

test('every command and option of the definitions is there', () => {
  const named = namedCommands(idleCommandLine());
  expect(facts.map(({ name }) => name)).toEqual(named.map(([name]) => name));
  for (const [name, command] of named)
    expect(of(name).options.map((option) => option.name)).toEqual([
      ...command.options.map(({ long }) => long),
      '--help',
    ]);
});

test.each([
  ['embed', '--out', { path: 'folder', choices: [], optional: false }],
  ['embed', '--model', { path: 'file', choices: [], optional: false }],
  ['embed', '--log', { path: 'file', choices: [], optional: false }],
  ['embed', '--format', { path: null, choices: ['safetensors', 'npy', 'pt'], optional: false }],
  ['embed', '--workers', { path: null, choices: [], optional: false }],
  ['embed', '--keep-u', null],
])('%s %s takes %j', (command, option, value) => {
  expect(of(command).options.find(({ name }) => name === option)?.value).toEqual(value);
});

test.each([
  ['embed', { path: 'file', choices: [] }],
  ['completion', { path: null, choices: ['bash', 'zsh', 'fish'] }],
  ['doctor', null],
])('the arguments of %s are %j', (command, argument) => {
  expect(of(command).argument).toEqual(argument);
});

test.each(['bash', 'zsh', 'fish'] as const)('the script for %s has every option', (shell) => {
  const script = completionScript(shell, idleCommandLine());
  for (const { name, options } of facts) {
    const words = { bash: name, zsh: name.replaceAll(' ', '_'), fish: `-a ${name.split(' ').at(-1)}` };
    expect(script).toContain(words[shell]);
    for (const option of options)
      expect(script).toContain(shell === 'fish' ? `-l ${option.name.slice(2)}` : option.name);
  }
});

test('every command has an example in its help, and each is a line that it takes', async () => {
  const seen: string[] = [];
  for (const [name, command] of namedCommands(idleCommandLine())) {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    for (const { does, line } of EXAMPLES[name]!) {
      expect(help).toContain(`  # ${does}\n  ${line}`);
      const program = idleCommandLine();
      for (const each of namedCommands(program))
        each[1].exitOverride().configureOutput({ writeOut: () => undefined });
      const words = line.replace(/^source <\(|\)$| > .*$/g, '').split(' ');
      expect(words.shift()).toBe('holdfast');
      // To show help is to end with 0.
      await program
        .parseAsync(words, { from: 'user' })
        .catch((error: unknown) => expect(error).toMatchObject({ exitCode: 0 }));
      seen.push(line);
    }
  }
  expect(seen.length).toBeGreaterThan(9);
  expect(() => addExamples(idleCommandLine())).not.toThrow();
});
