import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { EXAMPLES } from '../../../apps/runner/src/command/examples.js';
import { namedCommands } from '../../../apps/runner/src/command/named-commands.js';
import { ExitCode } from '../../../apps/runner/src/errors.js';
import { idleCommandLine } from '../../../apps/runner/test/idle-command-line.js';
import { manPage } from '../src/man-page.js';

const PAGE = fileURLToPath(new URL('../../../apps/runner/man/holdfast.1', import.meta.url));

const MEANINGS: Record<keyof typeof ExitCode, string> = {
  complete: 'The command did what it was asked to.',
  unexpected: 'Something outside the command failed, such as a disk. Rerun the same command.',
  badInput: 'The command, an input, the model or permissions must be changed first.',
  quarantined: 'The run is complete, but some sequences are quarantined. With --quarantine-ok it is 0.',
  shardsFailed: 'Some shards failed, or too many sequences. Rerun the same command.',
  damaged: 'holdfast verify found faults. Each comes with what to type.',
  interrupted: 'SIGINT stopped the command. Rerun it to resume.',
  terminated: 'Another signal stopped the command. Rerun it to resume.',
};

const program = idleCommandLine();
const page = manPage({
  description: program.description(),
  commands: namedCommands(program),
  examples: EXAMPLES,
  exitCodes: Object.entries(ExitCode).map(([name, code]) => [code, MEANINGS[name as keyof typeof ExitCode]]),
  environment: [
    [
      'HOLDFAST_OPTION',
      'Gives `--option` to `holdfast embed`, such as HOLDFAST_BATCH_TOKENS=auto for `--batch-tokens auto`.',
    ],
    ['HOLDFAST_CACHE', 'The folder for what Holdfast can make again. Default: ~/.cache/holdfast.'],
    ['HOLDFAST_DEBUG', 'If set, an unexpected error comes with its stack.'],
  ],
});

test('apps/runner/man/holdfast.1 is what the definitions say; node tooling/docs/cli.mjs updates it', () => {
  if (process.env['WRITE_DOCS']) writeFileSync(PAGE, page);
  else expect(existsSync(PAGE) && readFileSync(PAGE, 'utf8')).toBe(page);
});

test('it has every command, option, choice and example', () => {
  const text = page.replaceAll('\\-', '-');
  for (const [name, command] of namedCommands(program)) {
    expect(text).toContain(`.SS holdfast ${name}\n`);
    for (const { flags, argChoices = [] } of command.options) {
      expect(text).toContain(`.B ${flags}\n`);
      for (const choice of argChoices) expect(text).toContain(`\\fB${choice}\\fR`);
    }
    for (const { line } of EXAMPLES[name]!) expect(text).toContain(line);
  }
});

const groff = spawnSync('groff', ['--version']).status === 0;
if (!groff) console.warn('LEFT OUT: this machine has no groff to check the manual page');
test.runIf(groff)('groff finds nothing to complain about, and shows what is meant', () => {
  const { stdout, stderr, status } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-rLL=200n'], {
    input: page,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  // Bold letters are printed twice, one over the other.
  const shown = stripVTControlCharacters(stdout.replace(new RegExp(`.${'\b'}`, 'g'), ''));
  expect(shown).toContain('--batch-tokens <n|auto>');
  expect(shown).toContain('holdfast embed proteins.faa --out out --model esm2-650m');
});
