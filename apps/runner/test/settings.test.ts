import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAfter, windows } from './command.js';

// Settings from a file and from variables, in the command itself.

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

test('a file and variables give options, which is said first; a kill, and a rerun with the same options typed, change no byte', async () => {
  const reads = await windows(2000);
  await writeFile(
    join(folder, 'holdfast.config.yaml'),
    'shards: 4\nworkers: 1\nbatch-tokens: 4000\nseq-threshold: 60\nout: out\n',
  );
  const settings = { cwd: folder, env: { HOLDFAST_SEQ_THRESHOLD: '50' } };
  const killed = await killedAfter('checkpoint', ['embed', reads, '--workers', '2'], settings);
  const [said] = killed.lines;
  expect(said).toMatchObject({ event: 'settings' });
  const from = 'holdfast.config.yaml';
  expect(said!['settings']).toEqual([
    { option: '--seq-threshold', value: '50', from: 'HOLDFAST_SEQ_THRESHOLD' },
    { option: '--shards', value: '4', from },
    { option: '--batch-tokens', value: '4000', from },
    { option: '--out', value: 'out', from },
  ]);
  const typed = ['--shards', '4', '--batch-tokens', '4000', '--seq-threshold', '50'];
  const again = await holdfast(['embed', reads, '--out', out, ...typed]);
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.lines.some(({ event }) => event === 'settings')).toBe(false);
  expect(again.lines.find(({ event }) => event === 'planned')).toMatchObject({ resumed: true });
  const whole = join(folder, 'whole');
  expect(await holdfast(['embed', reads, '--out', whole, ...typed])).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(await digestOf(whole));
  const finished = await holdfast(['embed', reads], '', settings);
  expect(finished.lines.at(-1)).toMatchObject({ event: 'complete', already: true });
});

test.each<[string, NodeJS.ProcessEnv, string, RegExp]>([
  [
    'a variable that is misspelt',
    { HOLDFAST_MODLE: 'aac' },
    '',
    /HOLDFAST_MODLE: no option .* HOLDFAST_MODEL\?/,
  ],
  [
    'a name in the file that is misspelt',
    {},
    '{"modle": "aac"}',
    /holdfast\.config\.json: modle: .* model\?/,
  ],
])('%s ends the command with 2, and nothing is begun', async (_, env, file, says) => {
  if (file !== '') await writeFile(join(folder, 'holdfast.config.json'), file);
  const line = ['embed', fixture('messy.fa'), '--out', out];
  const { code, stderr } = await holdfast(line, '', { env, cwd: folder });
  expect([code, existsSync(out)]).toEqual([2, false]);
  expect(stderr).toMatch(says);
});

test('the parser of YAML is loaded for a YAML file, and for no other', async () => {
  const hook = join(folder, 'hook.cjs');
  const loaded = join(folder, 'loaded');
  await writeFile(
    hook,
    `process.on('exit', () => {
      const found = Object.keys(require('node:module')._cache).some((path) => /node_modules.yaml/.test(path));
      require('node:fs').appendFileSync(${JSON.stringify(loaded)}, found ? 'yes ' : 'no ');
    });`,
  );
  for (const name of ['holdfast.config.json', 'holdfast.config.yaml']) {
    const cwd = join(folder, name);
    await mkdir(cwd);
    await writeFile(join(cwd, name), '{"workers": 1}');
    // Refused once the settings are read.
    const line = ['embed', join(folder, 'no.fa'), '--out', out];
    const env = { NODE_OPTIONS: `--require ${hook}` };
    expect(await holdfast(line, '', { env, cwd })).toMatchObject({ code: 2 });
  }
  expect(await readFile(loaded, 'utf8')).toBe('no yes ');
});
