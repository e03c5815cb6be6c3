import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { namedCommands } from '../../../apps/runner/src/command/named-commands.js';
import { idleCommandLine } from '../../../apps/runner/test/idle-command-line.js';
import { withBlocks } from '../src/cli-page.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = `${root}/docs/cli.md`;
/** As the formatter of the repository aligns tables. */
const formatted = (text: string) =>
  execFileSync('node_modules/.bin/biome', ['format', '--stdin-file-path=docs/cli.md'], {
    cwd: root,
    input: text,
    encoding: 'utf8',
  });
const commands = namedCommands(idleCommandLine());

test('docs/cli.md is what the command definitions say; node tooling/docs/cli.mjs updates it', () => {
  const page = readFileSync(PAGE, 'utf8');
  const due = formatted(withBlocks(page, commands));
  if (process.env['WRITE_DOCS']) writeFileSync(PAGE, due);
  else expect(page).toBe(due);
});

test.each([
  ['a default', '10000', '20000'],
  ['an option', '--keep-u', '--keep-v'],
  ['a description', 'all (all six frames)', 'or none'],
])('%s that changed is seen', (_what, from, to) => {
  const page = readFileSync(PAGE, 'utf8');
  expect(page).toContain(from);
  expect(formatted(withBlocks(page.replace(from, to), commands))).toBe(page);
});

test('a command without a block is named', () => {
  expect(() => withBlocks('# Nothing\n', commands)).toThrow('docs/cli.md has no block for embed');
});
