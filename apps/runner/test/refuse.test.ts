import { execFileSync, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  type Ended,
  fixture,
  freshFolder,
  holdfast,
  madeModel,
  start,
  windows,
} from './command.js';

const TINY_ESM2 = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
);

let folder: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
});

/** Exit code 2 and one line on standard error, or one for each fault, without a stack trace. */
function refused({ code, stderr }: Ended): string {
  expect(code).toBe(2);
  expect(stderr).toMatch(/^holdfast: [^\n]+\n( {2}[^\n]+\n)*$/);
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr;
}

describe('bad input ends with exit code 2, one line that names file and record, and nothing half-written', () => {
  const cases: [what: string, content: string | (() => Promise<string | Buffer>), says: RegExp][] = [
    ['an empty file', '', /bad\.fa: .*empty/],
    ['no FASTA', 'ID\tlength\nx\t3\n', /bad\.fa: not FASTA: .*"I" instead of ">"/],
    [
      'a record without residues',
      '>a\nACGT\n>b\n>c\nACGT\n',
      /bad\.fa: record 2 \("b", line 3\): no sequence follows this header/,
    ],
    [
      'a last record without residues',
      '>a\nACGT\n>b\n',
      /bad\.fa: record 2 \("b", line 3\): no sequence follows this header/,
    ],
    ['the same ID twice', '>a\nACGT\n>b\nACGT\n>a x\nACGT\n', /bad\.fa: record 3 \("a".*record 1/],
    ['a residue that is none', '>a\nAC!T\n', /bad\.fa: record 1 \("a".*!/],
    [
      'a gzip that was cut',
      async () => {
        const whole = await readFile(fixture('lambda_virus.fa.gz'));
        return whole.subarray(0, whole.length >> 1);
      },
      /bad\.fa: the gzip data is truncated/,
    ],
    [
      'a protein file for a DNA model',
      () => readFile(fixture('globins45.faa')),
      /bad\.fa: record 1 .*nucleotides.*--model/,
    ],
  ];
  test.each(cases)('%s', async (_what, content, says) => {
    const input = join(folder, 'bad.fa');
    await writeFile(input, typeof content === 'string' ? content : await content());
    expect(refused(await holdfast(['embed', input, '--out', out]))).toMatch(says);
    expect(existsSync(out)).toBe(false);
    // The place is as good as new.
    const good = await holdfast(['embed', fixture('lambda_virus.fa.gz'), '--out', out]);
    expect(good.code).toBe(0);
  });

  test('what only the whole reading finds, of standard input too, leaves neither a new folder nor its parents', async () => {
    const deep = join(out, 'a', 'b');
    const bad = '>a\nACGT\n>b\nAC!T\n';
    expect(refused(await holdfast(['embed', '-', '--out', deep], bad))).toMatch(/record 2 \("b".*!/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder that was there keeps what was in it, and the lock files', async () => {
    await mkdir(out);
    await writeFile(join(out, 'notes.txt'), 'mine');
    refused(await holdfast(['embed', '-', '--out', out], '>a\nAC!T\n'));
    expect((await readdir(out)).sort()).toEqual(['.lock', '.workers.lock', 'notes.txt']);
  });

  test('a missing file', async () => {
    const missing = join(folder, 'missing.fa');
    expect(refused(await holdfast(['embed', missing, '--out', out]))).toMatch(/missing\.fa: .*(not|no such)/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a folder, and standard input twice', async () => {
    expect(refused(await holdfast(['embed', folder, '--out', out]))).toContain('folder');
    expect(refused(await holdfast(['embed', '-', '-', '--out', out]))).toContain('standard input');
    expect(await readdir(folder)).toEqual([]);
  });

  test('an output folder below /proc, where making one fails in its own way', async () => {
    for (const path of ['/proc/x/y', '/proc/x'])
      expect(refused(await holdfast(['embed', fixture('messy.fa'), '--out', path]))).toMatch(
        // Other systems have no such place.
        process.platform === 'linux'
          ? /: \/proc exists, but no folder can be created in it \(ENOENT\); use another --out\n$/
          : /--out/,
      );
  });

  test('an output folder that cannot be made or written to', async () => {
    const file = join(folder, 'file');
    await writeFile(file, 'mine');
    const input = fixture('messy.fa');
    expect(refused(await holdfast(['embed', input, '--out', join(file, 'out')]))).toMatch(
      /cannot be written.*--out/,
    );
    expect(refused(await holdfast(['embed', input, '--out', file]))).toMatch(/cannot be written.*--out/);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });

  // Root may write anywhere, so the test gives its rights away; who has none to give is refused without that.
  test('an output folder without the right to write', async () => {
    await chmod(folder, 0o755);
    await mkdir(out, { mode: 0o555 });
    const uid = process.getuid?.() === 0 ? 65534 : undefined;
    const running = start(['embed', fixture('messy.fa'), '--out', out], uid === undefined ? {} : { uid });
    expect(refused(await running.ended)).toMatch(/cannot be written to \(EACCES.*--out/);
    expect(await readdir(out)).toEqual([]);
  });

  test('a model that is not there', async () => {
    const ended = await holdfast([
      'embed',
      fixture('messy.fa'),
      '--out',
      out,
      '--model',
      join(folder, 'none'),
    ]);
    expect(refused(ended)).toContain('none');
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each([
  [['embed']],
  [['embed', 'x.fa']],
  [['embed', 'x.fa', '--out']],
  [['embed', 'x.fa', '--out', 'o', '--workers', '0']],
  [['embed', 'x.fa', '--out', 'o', '--batch-tokens', '1.5']],
  [['embed', 'x.fa', '--out', 'o', '--format', 'csv']],
  [['embed', 'x.fa', '--out', 'o', '--no-such-option']],
  [['no-such-command']],
])('bad usage ends with exit code 2: %j', async (args) => {
  const { code, stderr } = await holdfast(args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^holdfast: /);
});

describe('a resume that would mix two runs is refused', () => {
  let reads: string;
  beforeAll(async () => {
    reads = await windows(200);
  });

  test.each([
    ['another input', (path: string) => [path], /content of input 1: .*sha256/],
    ['one input more', (path: string) => [reads, path], /number of inputs: 1 → 2/],
    ['other batches', () => [reads, '--batch-tokens', '4096'], /--batch-tokens: \d+ → 4096/],
    ['other shards', () => [reads, '--shards', '3'], /--shards: 2 → 3/],
  ])('%s', async (_what, args, says) => {
    const line = ['embed', reads, '--out', out, '--shards', '2', '--workers', '2'];
    expect(await holdfast(line)).toMatchObject({ code: 0 });
    const before = await digestOf(out);
    const other = join(folder, 'other.fa');
    await writeFile(other, '>a\nACGT\n');
    const stderr = refused(await holdfast(['embed', ...args(other), '--out', out]));
    expect(stderr).toMatch(says);
    expect(stderr).toContain('--force-restart');
    expect(await digestOf(out)).toBe(before);
    expect(await holdfast(line)).toMatchObject({ code: 0 });
  });

  test("another option of the model is named, not only the model's fingerprint", async () => {
    const input = join(folder, 'a.fa');
    await writeFile(input, `>a\n${'MKTAYIAKQR'.repeat(20)}\n`);
    // Versions without a checksum computed identical sequences one by one.
    const line = ['embed', input, '--out', out, '--model', TINY_ESM2, '--no-dedupe'];
    expect(await holdfast(line)).toMatchObject({ code: 0 });
    for (const [more, says] of [
      [['--pooling', 'cls'], '--pooling: mean → cls. Use'],
      [['--long-sequences', 'windows'], '--long-sequences: truncate → windows. Use'],
    ] as const)
      expect(refused(await holdfast([...line, ...more]))).toContain(`the two: ${says}`);
    // As an earlier version wrote it.
    const run = join(out, 'run.json');
    const {
      model_options: _,
      given: _g,
      begun_with: _b,
      index: _i,
      sha256: _s,
      ...older
    } = JSON.parse(await readFile(run, 'utf8'));
    await writeFile(run, JSON.stringify(older));
    expect(refused(await holdfast([...line, '--pooling', 'cls']))).toMatch(/the two: model: \S+ \(/);
    expect((await holdfast(line)).lines.at(-1)).toMatchObject({ already: true });
  });

  test('standard input without a byte is no other input: it is told as empty, of a run that is complete and of one that is not', async () => {
    const line = ['embed', '-', '--out', out, '--workers', '1'];
    const fasta = await readFile(reads);
    expect(await holdfast(line, fasta)).toMatchObject({ code: 0 });
    const empty = /^holdfast: standard input: it produced nothing; check the program that should write it\n$/;
    expect(refused(await holdfast(line))).toMatch(empty);
    await rm(join(out, 'result.json'));
    expect(refused(await holdfast(line))).toMatch(empty);
    expect(await holdfast(line, fasta)).toMatchObject({ code: 0 });
  });

  test('the same content under another name is the same run', async () => {
    await holdfast(['embed', reads, '--out', out]);
    const copy = join(folder, 'copy.fa');
    await writeFile(copy, await readFile(reads));
    const { code, lines } = await holdfast(['embed', copy, '--out', out]);
    expect([code, lines.at(-1)!['already']]).toEqual([0, true]);
  });

  test.each([
    'ids.txt',
    'quarantine.tsv',
    'embeddings.npy',
    'result.json',
    'run.json',
    'index/g.bt2',
    'logs/my.log',
    'checkpoints/m.pt',
  ])('what no run of ours left is neither written over nor removed: %s', async (name) => {
    const mine = join(out, name);
    await mkdir(dirname(mine), { recursive: true });
    await writeFile(mine, 'mine');
    for (const force of [[], ['--force-restart']]) {
      const stderr = refused(await holdfast(['embed', reads, '--out', out, ...force]));
      expect(stderr).toContain(`${join(out, name.split('/')[0]!)} already exists`);
      expect(await readFile(mine, 'utf8')).toBe('mine');
    }
  });

  test('a run by the first version, which made no claim, is gone on with', async () => {
    expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
    await rm(join(out, '.holdfast'));
    expect((await holdfast(['embed', reads, '--out', out])).lines.at(-1)).toMatchObject({ already: true });
    await rm(join(out, '.holdfast'));
    const forced = await holdfast(['embed', reads, '--out', out, '--force-restart']);
    expect([forced.code, forced.lines.at(-1)!['already']]).toEqual([0, false]);
  });

  describe('a run of the version that cut batches in input order', () => {
    /** Its record, as that version wrote it, and its result. */
    async function older(): Promise<void> {
      const [run, result] = ['run.json', 'result.json'].map((name) => join(out, name)) as [string, string];
      const {
        plan: _,
        index: _i,
        letters: _l,
        identical: _d,
        sha256: _s,
        ...record
      } = JSON.parse(await readFile(run, 'utf8'));
      const results = [[record.inputs[0].sha256], record.model.fingerprint, record.batch_tokens];
      const fingerprint = createHash('sha256').update(JSON.stringify(results)).digest('hex');
      await writeFile(run, JSON.stringify({ ...record, format: 1, fingerprint }));
      const {
        letters: _c,
        tokens: _t,
        padded_tokens: _p,
        sha256: _r,
        ...given
      } = JSON.parse(await readFile(result, 'utf8'));
      await writeFile(result, JSON.stringify({ ...given, run: fingerprint }));
    }

    test('that is complete is complete', async () => {
      expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
      await older();
      const again = await holdfast(['embed', reads, '--out', out]);
      expect([again.code, again.stderr, again.lines.map(({ event }) => event)]).toEqual([
        0,
        '',
        ['complete'],
      ]);
      expect(again.lines[0]).toMatchObject({ already: true, sequences: 200 });
      const other = join(folder, 'other.fa');
      await writeFile(other, '>a\nACGT\n');
      expect(refused(await holdfast(['embed', other, '--out', out]))).toMatch(/content of input 1/);
    });

    test('that is not complete is refused in one line, its checkpoints are kept, and the remedies work', async () => {
      expect(await holdfast(['embed', reads, '--out', out, '--shards', '2'])).toMatchObject({ code: 0 });
      const whole = await digestOf(out);
      await older();
      await rm(join(out, 'result.json'));
      const checkpoints = await readdir(join(out, 'checkpoints'), { recursive: true });
      const stderr = refused(await holdfast(['embed', reads, '--out', out]));
      expect(stderr).toMatch(/plan 1; this version has plan 2.*another --out, or --force-restart/);
      expect(await readdir(join(out, 'checkpoints'), { recursive: true })).toEqual(checkpoints);
      const anew = await holdfast(['embed', reads, '--out', out, '--force-restart']);
      expect([anew.code, await digestOf(out)]).toEqual([0, whole]);
    });
  });

  test('an input that lies where the run itself writes is refused and kept', async () => {
    expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
    const input = join(out, 'index', 'reads.fa');
    await writeFile(input, '>a\nACGT\n');
    for (const force of [[], ['--force-restart']])
      expect(refused(await holdfast(['embed', input, '--out', out, ...force]))).toContain('move the input');
    expect(await readFile(input, 'utf8')).toBe('>a\nACGT\n');
  });

  test.each(['embeddings.safetensors', 'ids.txt', 'result.json', 'run.json', 'checkpoints/manifest.json'])(
    'a folder in the place of a file is named, and left: %s',
    async (name) => {
      expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
      const before = await readFile(join(out, name));
      await rm(join(out, name));
      await mkdir(join(out, name));
      await writeFile(join(out, name, 'mine'), '');
      expect(refused(await holdfast(['embed', reads, '--out', out]))).toContain(
        `${join(out, name)} is a folder`,
      );
      await rm(join(out, name), { recursive: true });
      expect(await holdfast(['embed', reads, '--out', out])).toMatchObject({ code: 0 });
      // The others have times.
      if (name.startsWith('embeddings') || name === 'ids.txt')
        expect(before.equals(await readFile(join(out, name)))).toBe(true);
    },
  );
});

test('a second run on the same folder at the same time ends with 1, to be rerun, and the first goes on', async () => {
  const first = start(['embed', '-', '--out', out]);
  first.child.stdin!.write('>a\nACGTACGT\n');
  await first.until('indexing');
  const { code, stderr } = await holdfast(['embed', fixture('messy.fa'), '--out', out]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(`in use by another command.*process ${first.child.pid} on .*wait.*rerun the same command`),
  );
  first.child.stdin!.end('>b\nACGT\n');
  expect((await first.ended).code).toBe(0);
  expect(await readFile(join(out, 'ids.txt'), 'utf8')).toBe('a\nb\n');
});

/** The tiny ESM-2 with a graph that was changed. */
async function withGraph(change: (graph: Buffer) => Buffer): Promise<string> {
  const model = join(await freshFolder(), 'model');
  await cp(TINY_ESM2, model, { recursive: true });
  const path = join(model, 'model.onnx');
  await writeFile(path, change(await readFile(path)));
  return model;
}

test.each<[string, (graph: Buffer) => Buffer, RegExp]>([
  ['that is no ONNX', () => Buffer.from('not a graph'), /model\.onnx/],
  ['cut short', (graph) => graph.subarray(0, graph.length / 2), /model\.onnx/],
  [
    'of operators from the future',
    (graph) => {
      // The version of the operators is the last field of the file.
      graph[graph.length - 1] = 99;
      return graph;
    },
    /opset 99/i,
  ],
])('a model %s is refused before anything is written', async (_, change, says) => {
  const input = join(folder, 'a.fa');
  await writeFile(input, '>a\nMKTAYIAK\n');
  const model = await withGraph(change);
  expect(refused(await holdfast(['embed', input, '--out', out, '--model', model]))).toMatch(says);
  expect(existsSync(out)).toBe(false);
});

describe('a model whose graph has fewer positions than it says is refused before anything is written', () => {
  /** The encoder of DNA, whose graph has 256 positions, with a descriptor. */
  async function said(descriptor: object): Promise<string> {
    const model = join(folder, 'model');
    const encoder = '../../../packages/gpu-runtime/test/fixtures/dna_encoder';
    await cp(fileURLToPath(new URL(encoder, import.meta.url)), model, { recursive: true });
    await writeFile(join(model, 'holdfast.json'), JSON.stringify({ format: 1, ...descriptor }));
    return model;
  }
  const whole = {
    name: 'whole',
    alphabet: 'dna',
    dim: 64,
    tokens: {
      type: 'int64',
      ids: { A: 5, C: 6, G: 7, T: 8 },
      other: 0,
      padding: 3,
      prefix: [1],
      suffix: [2],
    },
    inputs: { ids: 'input_ids', mask: 'attention_mask', types: 'token_type_ids' },
    output: { name: 'last_hidden_state', pooling: 'mean' },
  };

  test.each<[string, object, RegExp | null]>([
    ['tokens of a tokenizer', { maxTokens: 257 }, /claims to read 257 tokens; .*a smaller maxTokens/],
    [
      'tokens of a tokenizer, in windows',
      { maxTokens: 257, longSequences: 'windows' },
      /fails on one of 255 residues .*claims to read 257 tokens; .*a smaller maxTokens/,
    ],
    ['as many tokens as there are positions, in windows', { maxTokens: 256, longSequences: 'windows' }, null],
    ['as many tokens as there are positions', { maxTokens: 256 }, null],
    ['residues', { ...whole, maxResidues: 255 }, /fails on one of 255 residues .*a smaller maxResidues/],
    ['as many residues as there are positions', { ...whole, maxResidues: 254 }, null],
    ['any length', whole, /fails on one of 2048 residues .*claims to read any length/],
    ['windows', { ...whole, maxResidues: 300, longSequences: 'windows' }, /fails on one of 300 residues/],
  ])('%s', async (_, descriptor, says) => {
    const input = join(folder, 'a.fa');
    await writeFile(input, '>a\nACGTACGTAA\n');
    const line = ['embed', input, '--out', out, '--model', await said(descriptor), '--workers', '1'];
    const ended = await holdfast(line);
    if (says === null) return expect(ended).toMatchObject({ code: 0 });
    expect(refused(ended)).toMatch(says);
    expect(existsSync(out)).toBe(false);
  });
});

/** A model that gives NaN for each sequence with an A. */
async function withoutNumbers(): Promise<string> {
  const model = await madeModel('make-not-a-number.mjs');
  const path = join(model, 'holdfast.json');
  const descriptor = JSON.parse(await readFile(path, 'utf8'));
  const { N } = descriptor.tokens.ids;
  descriptor.tokens.ids.A = N;
  await writeFile(path, JSON.stringify(descriptor));
  return model;
}

test.each<[string, () => Promise<string>, RegExp]>([
  [
    'computes batches of one shape only',
    () => madeModel('make-one-shape.mjs'),
    /model\.onnx: fails on short sequences of plain residues \(.*Reshape.*dynamic axes for batch and sequence/,
  ],
  ['gives no numbers', withoutNumbers, /model\.onnx: gives NaN for plain residues/],
])('a model that %s is refused, and costs no older result', async (_, made, says) => {
  const input = join(folder, 'a.fa');
  await writeFile(input, '>a\nACGTACGTACGT\n>b\nACGTACGT\n');
  const line = ['embed', input, '--out', out, '--workers', '1'];
  const other = [...line, '--model', await made()];
  expect(refused(await holdfast(other))).toMatch(says);
  expect(existsSync(out)).toBe(false);
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  const before = await digestOf(out);
  expect(refused(await holdfast([...other, '--force-restart']))).toMatch(says);
  expect(await digestOf(out)).toBe(before);
});

test('the trial of a model is on the device of the run, and on no other', () => {
  const trial = fileURLToPath(new URL('../../../packages/preflight/dist/model-trial.js', import.meta.url));
  const refusedOn = (device: string) => {
    const asked = JSON.stringify({ model: TINY_ESM2, device });
    const said = execFileSync(process.execPath, [trial, asked], { stdio: 'pipe' }).toString();
    return JSON.parse(said.trim().split('\n').at(-1)!).refused;
  };
  expect(refusedOn('cpu')).toBeNull();
  expect(refusedOn('tensorrt:7')).toMatch(/^tensorrt:7 cannot be used here/);
});

test('a model folder with a folder in the place of a file is refused, not an accident', async () => {
  const input = join(folder, 'a.fa');
  await writeFile(input, '>a\nMKTAYIAK\n');
  for (const name of ['model.onnx', 'vocab.txt', 'config.json']) {
    const model = await withGraph((graph) => graph);
    await rm(join(model, name));
    await mkdir(join(model, name));
    const ended = await holdfast(['embed', input, '--out', out, '--model', model]);
    expect(refused(ended)).toContain(`${join(model, name)}: is a folder, not a file`);
  }
  expect(existsSync(out)).toBe(false);
});

test('a device that is not there, and a model that is refused, cost no older result, also with --force-restart', async () => {
  const input = join(folder, 'a.fa');
  await writeFile(input, '>a\nACGTACGTAA\n');
  const line = ['embed', input, '--out', out];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  const before = await digestOf(out);
  const model = await withGraph((graph) => {
    graph[graph.length - 1] = 99;
    return graph;
  });
  for (const more of [
    ['--device', 'tensorrt:7'],
    ['--model', model],
    ['--window-overlap', '3'],
  ]) {
    refused(await holdfast([...line, '--force-restart', ...more]));
    expect(await digestOf(out)).toBe(before);
  }
  expect((await holdfast(line)).lines.at(-1)).toMatchObject({ already: true });
});

test('a model that is changed while a run is planned is not taken for the one it was', async () => {
  const model = await withGraph((graph) => graph);
  const input = join(folder, 'pipe.fa');
  await writeFile(input, `>a\n${'MKTAYIAKQR'.repeat(20)}\n`);
  const line = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--shards', '1'];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  await rm(join(out, 'result.json'));
  await rm(join(out, 'checkpoints'), { recursive: true });
  // As if it was replaced between the plan and a worker's start.
  const record = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
  const worker = await import('../src/coordinate/worker-options.js');
  const options = worker.parseWorkerOptions(
    JSON.stringify({
      out,
      model,
      overrides: {},
      fingerprint: '0'.repeat(64),
      batchTokens: 100,
      run: record.fingerprint,
      record: '{}',
      index: record.index,
      device: 'cpu',
      threads: 1,
      shards: 1,
      graceMs: 0,
      onFullDisk: 'pause',
      trigger: {},
    }),
  );
  const script = fileURLToPath(new URL('../dist/worker.js', import.meta.url));
  const child = fork(script, [worker.formatWorkerOptions(options)], { stdio: 'ignore' });
  const told = new Promise<{ message: string }>((resolve) => {
    child.on('message', (message: { type: string; message: string }) => {
      if (message.type === 'failed') resolve(message);
    });
  });
  expect((await told).message).toContain('the model has changed since the run was planned');
});

test('a finished run needs no device: it says so, or is joined in another format, where its device is not', async () => {
  const input = join(folder, 'a.fa');
  await writeFile(input, '>a\nACGTACGTAA\n');
  const line = ['embed', input, '--out', out, '--no-dedupe'];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  const path = join(out, 'run.json');
  const { sha256: _s, index: _i, begun_with: _b, ...record } = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...record, device: 'tensorrt:0' }));
  for (const more of [[], ['--device', 'tensorrt:0'], ['--format', 'npy']])
    expect(await holdfast([...line, ...more])).toMatchObject({ code: 0 });
  // With work left it does.
  await rm(join(out, 'result.json'));
  await rm(join(out, 'checkpoints'), { recursive: true });
  expect(refused(await holdfast(line))).toContain('begun on tensorrt:0');
});
