import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import { idleCommandLine } from '../../test/idle-command-line.js';
import type { EmbedOptions } from '../embed-options.js';
import type { SubmitOptions } from '../submit-options.js';

async function parsed(...args: string[]): Promise<EmbedOptions> {
  let options: EmbedOptions | undefined;
  const program = idleCommandLine({
    embed: async (given) => {
      options = given;
    },
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }
  await program.parseAsync(args, { from: 'user' });
  return options!;
}

test('the shortest command, and its defaults', async () => {
  expect(await parsed('embed', 'a.fa', '--out', 'o')).toEqual({
    inputs: ['a.fa'],
    out: 'o',
    model: 'tnf',
    overrides: {},
    device: 'auto',
    dedupe: true,
    format: 'safetensors',
    forceRestart: false,
  });
});

test('submit takes the options of a run, and those of a cluster', async () => {
  let found: SubmitOptions | undefined;
  const program = idleCommandLine({
    submit: async (given) => {
      found = given;
    },
  });
  const line =
    'submit a.fa --out o --shards 9 --grace 5 --tasks 3 --max-concurrent 2 --partition low --gpus-per-task 1 --cpus-per-task 4 --time 1-00:00:00 --sbatch-arg=--account=lab --sbatch-arg=--mem=4G --threads 2 --wait';
  await program.parseAsync(line.split(' '), { from: 'user' });
  expect(found).toMatchObject({
    embed: { inputs: ['a.fa'], out: 'o', shards: 9, graceSec: 5, threads: 2, device: 'auto' },
    engine: 'slurm',
    tasks: 3,
    maxConcurrent: 2,
    partition: 'low',
    gpusPerTask: 1,
    cpusPerTask: 4,
    time: '1-00:00:00',
    sbatchArgs: ['--account=lab', '--mem=4G'],
    dryRun: false,
    wait: true,
  });
  expect(found!.embed).not.toHaveProperty('partition');
  expect(found!.embed).not.toHaveProperty('dryRun');
});

test('submit takes the options of Kubernetes', async () => {
  let found: SubmitOptions | undefined;
  const program = idleCommandLine({
    submit: async (given) => {
      found = given;
    },
  });
  const line =
    'submit a.fa --out o --engine kubernetes --image registry.example/holdfast:1 --claim shared:/data --namespace lab --memory 16Gi --dry-run';
  await program.parseAsync(line.split(' '), { from: 'user' });
  expect(found).toMatchObject({
    engine: 'kubernetes',
    image: 'registry.example/holdfast:1',
    claim: 'shared:/data',
    namespace: 'lab',
    memory: '16Gi',
    dryRun: true,
  });
  expect(found!.embed).not.toHaveProperty('image');
});

test('every option', async () => {
  const line =
    'embed a.fa - --out o --work w --model m --workers 3 --threads 2 --shards 5 --seq-threshold 7 --time-threshold 0.5';
  const more =
    '--batch-tokens 11 --format npy --force-restart --device cuda:1 --pooling max --long-sequences windows --window-overlap 20 --layer h.6,-1,0 --include per_token,cls --dtype bfloat16 --precision int8 --min-cosine 0.95 --max-quarantined 0.5% --stall-timeout 90 --grace 2.5 --keep-u --keep-stop --strip-stop --keep-gaps --on-bad-record skip --id whole --dedupe-ids suffix --no-dedupe --chunk 500 --stride 250 --translate=orfs --genetic-code 11 --min-orf 40 --orf-start any --dry-run --ignore-disk-space --on-full-disk stop';
  expect(await parsed(...line.split(' '), ...more.split(' '))).toEqual({
    inputs: ['a.fa', '-'],
    out: 'o',
    work: 'w',
    model: 'm',
    dedupe: false,
    chunk: 500,
    stride: 250,
    translate: 'orfs',
    geneticCode: 11,
    minOrf: 40,
    orfStart: 'any',
    dryRun: true,
    ignoreDiskSpace: true,
    onFullDisk: 'stop',
    workers: 3,
    threads: 2,
    shards: 5,
    seqThreshold: 7,
    timeThresholdSec: 0.5,
    batchTokens: 11,
    device: { kind: 'cuda', index: 1, every: false },
    maxQuarantined: { percent: 0.5 },
    stallTimeoutSec: 90,
    graceSec: 2.5,
    keepU: true,
    keepStop: true,
    stripStop: true,
    keepGaps: true,
    onBadRecord: 'skip',
    id: 'whole',
    dedupeIds: 'suffix',
    overrides: {
      pooling: 'max',
      longSequences: 'windows',
      windowOverlap: 20,
      output: 'h.6',
      layers: ['-1', '0'],
      include: ['per_token', 'cls'],
      dtype: 'bfloat16',
      precision: 'int8',
    },
    minCosine: 0.95,
    format: 'npy',
    forceRestart: true,
  });
});

test('search has defaults, and takes a number of neighbours', async () => {
  const found: unknown[] = [];
  const parse = (...args: string[]) =>
    idleCommandLine({ search: async (...given) => void found.push(given) }).parseAsync(['search', ...args], {
      from: 'user',
    });
  await parse('out', 'q.fa');
  await parse('out', 'a.fa', '-', '-k', '3', '--metric', 'dot', '-o', 'hits.tsv', '--json', '--quiet');
  await parse('out', '--id', 'a', 'b', '--ids', 'l', '--from', 'cls.layer_2', '--on-bad-record', 'skip');
  await parse('out', 'q.fa', '--dedupe-ids', 'suffix');
  const usual = { dir: 'out', k: 10, metric: 'cosine', json: false, force: false };
  expect(found).toEqual([
    [{ ...usual, queries: ['q.fa'] }, {}],
    [
      { ...usual, queries: ['a.fa', '-'], k: 3, metric: 'dot', output: 'hits.tsv', json: true },
      { progress: 'none' },
    ],
    [{ ...usual, queries: [], id: ['a', 'b'], ids: 'l', from: 'cls.layer_2', onBadRecord: 'skip' }, {}],
    [{ ...usual, queries: ['q.fa'], dedupeIds: 'suffix' }, {}],
  ]);
});

test('plot draws a map unless it is asked for something else', async () => {
  const found: unknown[] = [];
  const parse = (...args: string[]) =>
    idleCommandLine({ plot: async (given) => void found.push(given) }).parseAsync(['plot', ...args], {
      from: 'user',
    });
  await parse('out');
  await expect(parse('out', '--force')).rejects.toThrow('--force is for the file of --output');
  await parse('out', '--what', 'throughput', '-o', 'x.svg', '--projection', 'umap', '--labels', 'l.tsv');
  await parse('out', '--from', 'cls.layer_2');
  expect(found).toEqual([
    { dir: 'out', what: 'map', force: false },
    { dir: 'out', what: 'throughput', force: false, output: 'x.svg', projection: 'umap', labels: 'l.tsv' },
    { dir: 'out', what: 'map', force: false, from: 'cls.layer_2' },
  ]);
});

test('--batch-tokens is a number or auto', async () => {
  const line = ['embed', 'a.fa', '--out', 'o', '--batch-tokens'];
  expect(await parsed(...line, '300')).toMatchObject({ batchTokens: 300 });
  expect(await parsed(...line, 'auto')).toMatchObject({ batchTokens: 'auto' });
});

test.each([
  [['--translate'], 'open'],
  [['--translate', 'open'], 'open'],
  [['--translate=all'], 'all'],
  [['--translate', '--workers', '1'], 'open'],
])('%j asks for frames: %s', async (args, translate) => {
  expect(await parsed('embed', 'a.fa', '--out', 'o', ...args)).toMatchObject({ translate });
});

test('a file after --translate is not mistaken for its value', async () => {
  await expect(parsed('embed', '--out', 'o', '--translate', 'a.fa')).rejects.toThrow(/files first.*=open/);
  const mistyped = await parsed('embed', 'a.fa', '--out', 'o', '--translate=six').catch(String);
  expect(mistyped).toContain('It must be open, all or orfs.');
  expect(mistyped).not.toContain('files first');
});

test.each([
  ['0', { count: 0 }],
  ['250', { count: 250 }],
  ['1000000000', { count: 1_000_000_000 }],
  ['0%', { percent: 0 }],
  ['100%', { percent: 100 }],
  ['.25%', { percent: 0.25 }],
  ['12.50%', { percent: 12.5 }],
])('--max-quarantined %s', async (value, maxQuarantined) => {
  expect(await parsed('embed', 'a.fa', '--out', 'o', '--max-quarantined', value)).toMatchObject({
    maxQuarantined,
  });
});

const SHARE = /whole number of sequences from 0 to 1000000000, or a share of the input from 0% to 100%/;
const WHOLE = /whole number from 1 to 1000000000/;
/** Workers and threads. */
const AT_ONCE = /whole number from 1 to 1024/;
test.each([
  ['--workers', '0', AT_ONCE],
  ['--workers', '-1', AT_ONCE],
  ['--workers', '1e3', AT_ONCE],
  ['--workers', '1025', AT_ONCE],
  ['--threads', '1025', AT_ONCE],
  ['--shards', '1000000001', WHOLE],
  ['--shards', '2.5', WHOLE],
  ['--shards', 'many', WHOLE],
  ['--seq-threshold', '99999999999999999999', WHOLE],
  ['--batch-tokens', '', /auto, or a whole number/],
  ['--batch-tokens', ' 5', /auto, or a whole number from 1 to 1000000000/],
  ['--time-threshold', '0', /seconds above 0/],
  ['--time-threshold', 'Infinity', /seconds above 0/],
  ['--time-threshold', 'soon', /seconds above 0/],
  ['--time-threshold', ' ', /seconds above 0/],
  ['--time-threshold', ' 5', /seconds above 0/],
  ['--time-threshold', '0x10', /seconds above 0/],
  ['--time-threshold', '1e3', /seconds above 0/],
  ['--time-threshold', '', /seconds above 0/],
  ['--time-threshold', '.', /seconds above 0/],
  ['--stall-timeout', '9'.repeat(30), /up to 1000000000/],
  ['--workers', '0x10', AT_ONCE],
  ['--workers', '5.0', AT_ONCE],
  ['--workers', ' 5', AT_ONCE],
  ['--workers', '+5', AT_ONCE],
  ['--threads', '', AT_ONCE],
  ['--window-overlap', '-1', /whole number from 0/],
  ['--layer', '', /one of the graph's outputs/],
  ['--layer', '1,,2', /several are separated by commas/],
  ['--layer', '1,1', /1 is in it twice/],
  ['--include', 'mean,all', /mean, mean_tokens, cls, max, per_token, logits, contacts/],
  ['--dtype', 'int8', /float32, float16, bfloat16/],
  ['--out', ' ', /name a folder/],
  ['--stall-timeout', '0', /seconds above 0/],
  ['--grace', '-1', /seconds above 0/],
  ['--format', 'no-format', /safetensors, npy, pt/],
  ['--out', '', /name a folder/],
  ['--model', '', /name of a built-in model, or the path of a model/],
  ['--model', ' ', /name of a built-in model, or the path of a model/],
  ['--device', 'gpu', /choose one of: auto, cpu, cuda/],
  ['--precision', 'int4', /fp32, fp16, int8/],
  ['--min-cosine', '1.1', /from -1 to 1/],
  ['--min-cosine', '0x1', /from -1 to 1/],
  ['--on-bad-record', 'ignore', /refuse, skip/],
  ['--dedupe-ids', 'first', /suffix, refuse/],
  ['--id', '', /first-word, whole, or a regular expression/],
  ['--id', '(', /regular expression of JavaScript.*Unterminated group/],
  ['--pooling', 'sum', /none, mean, mean_tokens, cls, max/],
  ['--long-sequences', 'split', /truncate, windows/],
  ['--max-quarantined', '', SHARE],
  ['--max-quarantined', '%', SHARE],
  ['--max-quarantined', '-1', SHARE],
  ['--max-quarantined', '1.5', SHARE],
  ['--max-quarantined', '1000000001', SHARE],
  ['--max-quarantined', '100.01%', SHARE],
  ['--max-quarantined', '1e1%', SHARE],
  ['--max-quarantined', '5 %', SHARE],
  ['--max-quarantined', '5%%', SHARE],
])('%s "%s" is refused by name, with what it may be', async (option, value, says) => {
  const error = await parsed('embed', 'a.fa', '--out', 'o', option, value).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(CommanderError);
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringMatching(says) });
  expect((error as Error).message).toContain(`option '${option} <`);
});

test.each([
  ['embed', /required option '--out <dir>' not specified/],
  ['embed --out o', /missing required argument 'input'/],
  ['embed a.fa', /required option '--out <dir>' not specified/],
  ['embed a.fa --out', /'--out <dir>' argument missing/],
  ['embed a.fa --out o --no-such', /unknown option '--no-such'/],
  ['no-such', /unknown command 'no-such'/],
])('the line "%s" is refused before anything is run', async (line, says) => {
  const error = await parsed(...line.split(' ')).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(CommanderError);
  expect(error).toMatchObject({ exitCode: 1, message: expect.stringMatching(says) });
});

const once =
  'embed a.fa --out o --model tnf --pooling max --long-sequences windows --window-overlap 2 --layer h --include cls --dtype float16 --device cpu';
const more =
  '--translate=all --workers 1 --threads 1 --shards 1 --seq-threshold 1 --time-threshold 1 --batch-tokens 1 --max-quarantined 1';
const line =
  `${once} ${more} --stall-timeout 1 --grace 1 --on-bad-record skip --id whole --dedupe-ids suffix --format npy --force-restart`.split(
    ' ',
  );
const options = line.flatMap((word, at) => {
  if (!word.startsWith('--')) return [];
  const next = line[at + 1];
  return [next === undefined || next.startsWith('--') ? [word] : [word, next]];
});
test.each(options)('%s %s given twice is refused by name', async (...again) => {
  await parsed(...line);
  const error = await parsed(...line, ...again.filter((word) => word !== undefined)).catch(
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CommanderError);
  const name = again[0]!.split('=')[0]!;
  expect((error as Error).message).toMatch(new RegExp(`option '${name}[ '].* is given twice`));
});

const valued = options
  .filter(([name, value]) => value !== undefined && !name!.includes('='))
  .map(([name]) => name!);
test.each(valued)('%s without a value does not swallow the next option', async (name) => {
  const others = line.filter((word, at) => word !== name && line[at - 1] !== name);
  for (const next of ['--keep-u', '--retry-quarantined', '--translate=all', '--help']) {
    const error = await parsed('embed', name, next, ...others.slice(1)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommanderError);
    expect((error as Error).message).toContain(
      `${next.split('=')[0]} is an option: give a value for ${name} before it.`,
    );
  }
});

test.each(['doctor --out --json', 'inspect a.pt --head --json'])(
  'neither does the line "%s"',
  async (words) => {
    await expect(parsed(...words.split(' '))).rejects.toThrow('--json is an option: give a value for --');
  },
);

test.each([
  ['inspect a.pt --head 1 --head 2', '--head'],
  ['inspect a.pt --json --json', '--json'],
  ['models --json --json', '--json'],
  ['doctor --out a --out b', '--out'],
])('so is the line "%s"', async (repeated, name) => {
  await expect(parsed(...repeated.split(' '))).rejects.toThrow(`option '${name}`);
});

test.each([
  ['--time-threshold', '2.5', 2.5],
  ['--time-threshold', '90.', 90],
  ['--time-threshold', '.5', 0.5],
  ['--time-threshold', '007', 7],
])('%s %s is %d', async (option, value, timeThresholdSec) => {
  expect(await parsed('embed', 'a.fa', '--out', 'o', option, value)).toMatchObject({ timeThresholdSec });
});

test.each([
  ['embed', '', '--out', 'o'],
  ['embed', 'a.fa', '', '--out', 'o'],
  ['inspect', ''],
])('a file without a name is refused: %j %j %j %j', async (...words) => {
  await expect(parsed(...words)).rejects.toThrow(/It must name a file/);
});

test('files keep their order', async () => {
  expect(await parsed('embed', 'b.fa', 'a.fa', '--out', 'o', 'c.fa')).toMatchObject({
    inputs: ['b.fa', 'a.fa', 'c.fa'],
  });
});

test.each(['--help', 'embed --help', '--version'])('%s is not an error', async (line) => {
  await expect(parsed(...line.split(' '))).rejects.toMatchObject({ exitCode: 0 });
});

test.each([
  [[], 'plain'],
  [['--operators', 'fused'], 'fused'],
])("an export has ONNX's own operators, unless others are asked for (%j)", async (more, operators) => {
  const given: unknown[] = [];
  const program = idleCommandLine({
    exportModel: async (options) => {
      given.push(options);
    },
  });
  await program.parseAsync(['models', 'export', 'esm2-8m', '--to', 'dir', ...more], { from: 'user' });
  expect(given).toEqual([{ model: 'esm2-8m', to: 'dir', operators }]);
});

test('export and get take their options', async () => {
  const found: unknown[] = [];
  const take = async (options: unknown) => void found.push(options);
  for (const line of [
    'export out --to esm -o x.esm --force --esm-layer 33',
    'export out --to virnucpro --merge-with other',
    'get out a b --ids list --json --skip-missing',
    'get out a -o x.npy --force',
  ])
    await idleCommandLine({ export: take, get: take }).parseAsync(line.split(' '), { from: 'user' });
  const get = { folder: 'out', json: false, skipMissing: false, force: false };
  expect(found).toEqual([
    { folder: 'out', to: 'esm', output: 'x.esm', force: true, esmLayer: 33 },
    { folder: 'out', to: 'virnucpro', force: false, mergeWith: 'other' },
    { ...get, given: ['a', 'b'], ids: 'list', json: true, skipMissing: true },
    { ...get, given: ['a'], output: 'x.npy', force: true },
  ]);
});
