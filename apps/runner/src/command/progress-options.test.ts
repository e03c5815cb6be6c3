import { expect, test } from 'vitest';
import { idleCommandLine } from '../../test/idle-command-line.js';
import { chosenStyle, type Reporting } from './progress-options.js';

test.each([
  [undefined, true, 'xterm', 'bar'],
  [undefined, false, 'xterm', 'plain'],
  [undefined, true, 'dumb', 'plain'],
  ['bar', true, 'xterm', 'bar'],
  ['plain', true, 'xterm', 'plain'],
  ['json', true, 'xterm', 'json'],
  ['none', false, undefined, 'none'],
] as const)('--progress %s, terminal: %s, TERM=%s: %s', (asked, isTTY, term, style) => {
  expect(chosenStyle(asked, { isTTY }, 'standard output', term)).toEqual({ style });
});

test.each([
  [{}, 'xterm', /^--progress bar: standard output is not a terminal, so progress is shown as plain lines/],
  [{ isTTY: true }, 'dumb', /^--progress bar: this terminal \(TERM=dumb\) cannot draw one/],
])('a bar that cannot be drawn is plain lines, with a warning (%j, TERM=%s)', (stream, term, says) => {
  expect(chosenStyle('bar', stream, 'standard output', term)).toEqual({
    style: 'plain',
    warning: expect.stringMatching(says),
  });
});

async function reporting(line: string): Promise<Reporting> {
  let found: Reporting | undefined;
  const see = async (_: unknown, given: Reporting) => {
    found = given;
  };
  const program = idleCommandLine({ embed: see, getModels: see, checkModel: see, exportModel: see });
  for (const command of [program, ...program.commands.flatMap((each) => [each, ...each.commands])])
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  await program.parseAsync(line.split(' '), { from: 'user' });
  return found!;
}

test.each([
  ['embed a.fa --out o', {}],
  ['embed a.fa --out o --progress json --log l', { progress: 'json', log: 'l' }],
  ['embed a.fa --out o --quiet', { progress: 'none' }],
  ['embed a.fa --out o --quiet --progress none', { progress: 'none' }],
  ['models get m --progress json', { progress: 'json' }],
  ['models check m --json --quiet', { progress: 'none' }],
  ['models export m --to d --progress plain', { progress: 'plain' }],
])('%s', async (line, expected) => {
  expect(await reporting(line)).toEqual(expected);
});

test.each(['bar', 'plain', 'json'])('--quiet contradicts --progress %s', async (style) => {
  await expect(reporting(`embed a.fa --out o --quiet --progress ${style}`)).rejects.toThrow(
    `--quiet shows no progress, but --progress ${style} does; leave one of them out`,
  );
});

test('a log without a name is refused', async () => {
  await expect(reporting('embed a.fa --out o --log= ')).rejects.toThrow(/name a file|argument missing/);
});
