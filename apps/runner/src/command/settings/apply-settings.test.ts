import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { idleCommandLine } from '../../../test/idle-command-line.js';
import type { EmbedOptions } from '../../embed-options.js';
import type { Reporting } from '../progress-options.js';
import { variableOf } from './setting-names.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settings-'));
});

interface Parsed {
  options: EmbedOptions;
  reporting: Reporting;
}

async function parsed(
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
  place = folder,
): Promise<Parsed> {
  let found: Parsed | undefined;
  const program = idleCommandLine(
    {
      embed: async (options, reporting) => {
        found = { options, reporting };
      },
    },
    { env, folder: place },
  );
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  await program.parseAsync(['embed', 'a.fa', ...words], { from: 'user' });
  return found!;
}
const inFile = (value: unknown, name = 'holdfast.config.json') =>
  writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
const refusal = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  parsed(words, env).then(
    () => 'accepted',
    (error: unknown) => {
      expect(error).toBeInstanceOf(CommanderError);
      return (error as Error).message;
    },
  );

const whole = fc.integer({ min: 1, max: 1000 }).map(String);
/** Values that each option takes; a flag has only one that is worth giving. */
const VALUES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  '--out': fc.constantFrom('a', 'b', 'c'),
  '--work': fc.constantFrom('w', 'v'),
  '--model': fc.constantFrom('tnf', 'aac', 'some/model'),
  '--pooling': fc.constantFrom('mean', 'max', 'cls'),
  '--long-sequences': fc.constantFrom('truncate', 'windows'),
  '--window-overlap': whole,
  '--layer': fc.constantFrom('h.1', '-1,0'),
  '--include': fc.constantFrom('mean', 'per_token,logits'),
  '--dtype': fc.constantFrom('float16', 'float32'),
  '--precision': fc.constantFrom('fp32', 'fp16', 'int8'),
  '--min-cosine': fc.constantFrom('0.5', '-1', '1'),
  '--device': fc.constantFrom('cpu', 'cuda', 'cuda:1', 'auto'),
  '--translate': fc.constantFrom('open', 'all', 'orfs'),
  '--genetic-code': fc.constantFrom('1', '4', '11'),
  '--min-orf': whole,
  '--orf-start': fc.constantFrom('atg', 'code', 'any'),
  '--chunk': whole,
  '--stride': whole,
  '--on-bad-record': fc.constantFrom('refuse', 'skip'),
  '--id': fc.constantFrom('first-word', 'whole', '^(.+?)_'),
  '--dedupe-ids': fc.constantFrom('suffix', 'refuse'),
  '--on-full-disk': fc.constantFrom('pause', 'stop'),
  '--workers': whole,
  '--threads': whole,
  '--shards': whole,
  '--seq-threshold': whole,
  '--time-threshold': fc.constantFrom('0.5', '90'),
  '--batch-tokens': fc.oneof(whole, fc.constant('auto')),
  '--max-quarantined': fc.constantFrom('0', '12', '0.5%'),
  '--stall-timeout': fc.constantFrom('2.5', '600'),
  '--grace': fc.constantFrom('1', '30'),
  '--format': fc.constantFrom('npy', 'pt', 'safetensors'),
  '--progress': fc.constantFrom('plain', 'json', 'none'),
  '--log': fc.constantFrom('l', 'm'),
};
const given = fc.record(Object.fromEntries(Object.entries(VALUES).map(([name, values]) => [name, values])), {
  requiredKeys: [],
}) as fc.Arbitrary<Record<string, string>>;

test('law: the command line wins over variables, these over the file, and each value is read as on the command line', async () => {
  await fc.assert(
    fc.asyncProperty(given, given, given, async (typed, variables, file) => {
      const place = mkdtempSync(join(tmpdir(), 'law-'));
      const names = Object.entries(file).map(([name, value]) => [name.slice(2), value]);
      writeFileSync(join(place, 'holdfast.config.json'), JSON.stringify(Object.fromEntries(names)));
      const env = Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [variableOf(name), value]),
      );
      const words = (options: Record<string, string>) =>
        Object.entries(options).map(([name, value]) => `${name}=${value}`);
      const effective: Record<string, string> = { '--out': 'o', ...file, ...variables, ...typed };
      const out = [file, variables, typed].some((each) => '--out' in each) ? [] : ['--out=o'];
      const [one, other] = await Promise.all([
        parsed([...words(typed), ...out], env, place),
        parsed(words(effective), {}, folder),
      ]);
      const { settings = [], ...reporting } = one.reporting;
      expect({ ...one, reporting }).toEqual(other);
      // What the command line did not give is named with what gave it.
      const due = { ...file, ...variables };
      const expected = Object.keys(due)
        .filter((name) => !(name in typed))
        .map((option) => ({
          option,
          value: due[option],
          from: option in variables ? variableOf(option) : 'holdfast.config.json',
        }));
      const sorted = (list: readonly { option: string }[]) =>
        [...list].sort((a, b) => a.option.localeCompare(b.option));
      expect(sorted(settings)).toEqual(sorted(expected));
    }),
    { numRuns: 60 },
  );
});

test('the law is about every option of embed that takes a value', () => {
  const embed = idleCommandLine().commands.find((command) => command.name() === 'embed')!;
  const valued = embed.options
    .filter(({ required, optional }) => required || optional)
    .map(({ long }) => long);
  expect(Object.keys(VALUES).sort()).toEqual(valued.filter((long) => long !== '--config').sort());
});

test('numbers, truth and a YAML file are read as on the command line', async () => {
  inFile(
    'model: aac # proteins\nbatch-tokens: 512\nmin-cosine: 0.95\nkeep-u: true\nkeep-stop: false\ntranslate: true\n',
    'holdfast.config.yaml',
  );
  const { options } = await parsed(['--out', 'o']);
  expect(options).toMatchObject({
    model: 'aac',
    batchTokens: 512,
    minCosine: 0.95,
    keepU: true,
    translate: 'open',
  });
  expect(options).not.toHaveProperty('keepStop');
  inFile({ model: 'tnf' }, 'other.json');
  expect((await parsed(['--out', 'o', '--config', join(folder, 'other.json')])).options.model).toBe('tnf');
  expect((await parsed(['--out', 'o'], { HOLDFAST_CONFIG: join(folder, 'other.json') })).options.model).toBe(
    'tnf',
  );
});

test('a variable switches off what the file switches on', async () => {
  inFile({ 'keep-u': true });
  const { options } = await parsed(['--out', 'o'], { HOLDFAST_KEEP_U: 'false' });
  expect(options).not.toHaveProperty('keepU');
});

test('a stronger setting settles a contradiction; equal ones are refused', async () => {
  inFile({ progress: 'json' });
  expect((await parsed(['--out', 'o', '--quiet'])).reporting.progress).toBe('none');
  expect((await parsed(['--out', 'o'], { HOLDFAST_QUIET: 'true' })).reporting.progress).toBe('none');
  expect(
    (await parsed(['--out', 'o', '--progress', 'plain'], { HOLDFAST_QUIET: 'true' })).reporting.progress,
  ).toBe('plain');
  inFile({ progress: 'json', quiet: true });
  expect(await refusal(['--out', 'o'])).toMatch(/--quiet shows no progress, but --progress json does/);
});

test.each<[NodeJS.ProcessEnv, RegExp]>([
  [
    { HOLDFAST_MODLE: 'x' },
    /HOLDFAST_MODLE: no option of embed has this name; did you mean HOLDFAST_MODEL\?/,
  ],
  [
    { HOLDFAST_BATCH_TOKENS: '-5' },
    /HOLDFAST_BATCH_TOKENS: --batch-tokens '-5' is invalid\. It must be auto, or/,
  ],
  [
    { HOLDFAST_POOLING: 'sum' },
    /HOLDFAST_POOLING: --pooling 'sum' is invalid\. Allowed choices are none, mean/,
  ],
  [{ HOLDFAST_MODEL: '' }, /HOLDFAST_MODEL: --model '' is invalid/],
  [{ HOLDFAST_KEEP_U: 'yes' }, /HOLDFAST_KEEP_U: --keep-u 'yes' is invalid\. It must be true or false/],
  [
    { HOLDFAST_FORCE_RESTART: 'true' },
    /HOLDFAST_FORCE_RESTART: as a setting it would make every rerun start over/,
  ],
  [{ HOLDFAST_CACHES: '/c' }, /did you mean HOLDFAST_CACHE\?/],
])('the environment %j is refused by name', async (env, says) => {
  expect(await refusal(['--out', 'o'], env)).toMatch(says);
});

test('variables that are no options are not confused with them', async () => {
  const env = { HOLDFAST_CACHE: '/c', HOLDFAST_DEBUG: '1', HOLDFAST_HUP_IGNORED: '12' };
  expect((await parsed(['--out', 'o'], env)).reporting).toEqual({});
});

test.each<[string, unknown, RegExp]>([
  [
    'json',
    { modle: 'x' },
    /holdfast\.config\.json: modle: no option of embed has this name; did you mean model\?/,
  ],
  ['json', { batchTokens: 5 }, /batchTokens: no option.*did you mean batch-tokens\?/],
  ['json', { workers: 0 }, /--workers '0' is invalid\. It must be a whole number/],
  ['json', { workers: null }, /workers must be a text, a number, true or false/],
  ['json', { model: ['a'] }, /model must be a text/],
  ['json', ['a'], /must hold names of options/],
  ['json', '{"model": "a", "model": "b"}', /model is there twice/],
  ['json', '{', /cannot be read as json/],
  ['json', { config: 'x.json' }, /cannot name another one/],
  ['json', { 'force-restart': true }, /every rerun start over/],
  ['yaml', 'model: a\nmodel: b\n', /cannot be read as yaml \(.*unique/],
  ['yaml', 'model: [', /cannot be read as yaml/],
  ['yaml', '- a\n', /must hold names of options/],
])('a %s file that holds %j is refused by name', async (kind, value, says) => {
  inFile(value, `holdfast.config.${kind}`);
  expect(await refusal(['--out', 'o'])).toMatch(says);
});

test('two files are refused; one that is named and is not there is, too', async () => {
  inFile({});
  inFile('', 'holdfast.config.yaml');
  expect(await refusal(['--out', 'o'])).toMatch(/holdfast\.config\.json and holdfast\.config\.yaml are both/);
  expect(await refusal(['--out', 'o', '--config', join(folder, 'no.json')])).toMatch(
    /no\.json: cannot be read \(ENOENT/,
  );
  expect(await refusal(['--out', 'o', '--config', join(folder, 'no.toml')])).toMatch(
    /must end with \.json, \.yaml or \.yml/,
  );
});

test('help is shown whatever the settings are', async () => {
  inFile('{');
  const error = await parsed(['--help'], { HOLDFAST_NO: '1' }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ exitCode: 0 });
});
