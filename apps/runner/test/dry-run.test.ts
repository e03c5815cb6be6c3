import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Ended,
  fixture,
  freshFolder,
  holdfast,
  killedAfter,
  type Line,
  start,
  windows,
} from './command.js';

// `--dry-run` beside the runs that it foretells.

let folder: string;
let input: string;
let out: string;
/** Where temporary folders are made; nothing may stay there. */
let temporary: string;
beforeAll(async () => {
  input = await windows(3000);
  folder = await freshFolder();
  out = join(folder, 'out');
  temporary = join(folder, 'tmp');
  await mkdir(temporary);
});

const line = (...more: string[]) => ['embed', input, '--out', out, '--seq-threshold', '100', ...more];
const env = () => ({ TMPDIR: temporary });
/** With a log that must not be written either. */
const dry = (): Promise<Ended> =>
  holdfast(line('--dry-run', '--log', join(out, 'events.ndjson')), '', { env: env() });
const found = (lines: readonly Line[], event: string) => lines.find((each) => each.event === event);

/** The figures that a dry run has in common with the plan of a run. */
const PLANNED = [
  'resumed',
  'sequences_done',
  'sequences',
  'copies',
  'residues',
  'batches',
  'shards',
  'workers',
  'device',
  'tokens',
  'padded_tokens',
  'padding_share',
] as const;
const figures = (event: Line | undefined) => PLANNED.map((name) => [name, event?.[name]]);

/** Every file below a folder, with its bytes or size and its time of change. */
async function everything(at: string): Promise<string[]> {
  const names = await readdir(at, { recursive: true });
  const facts = names.map(async (name) => {
    const { size, mtimeMs, ctimeMs, ino } = await stat(join(at, name));
    return `${name} ${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  });
  return (await Promise.all(facts)).sort();
}

test('its figures are those of the run, before it begins and when it is half done, and it changes nothing', async () => {
  const before = await dry();
  expect(before).toMatchObject({ code: 0, stderr: '' });
  await expect(stat(out)).rejects.toThrow('ENOENT');
  const plan = found(before.lines, 'dry_run')!;
  expect(plan).toMatchObject({
    sequences: 3000,
    sequences_done: 0,
    truncated: 0,
    lengths: { shortest: 200, longest: 200, histogram: [{ from: 200, to: 200, sequences: 3000 }] },
    disks: [{ folder: out, verdict: 'enough' }],
    estimate: { batches_measured: expect.any(Number) },
  });

  const { lines } = await killedAfter('checkpoint', line());
  expect(figures(plan)).toEqual(figures(found(lines, 'planned')));

  const left = await everything(out);
  const half = await dry();
  expect(half).toMatchObject({ code: 0, stderr: '' });
  expect(await everything(out)).toEqual(left);
  const rest = found(half.lines, 'dry_run')!;
  expect(rest['resumed']).toBe(true);
  expect(rest['sequences_done']).toBeGreaterThan(0);
  expect(rest['checkpoint_bytes']).toBeLessThan(plan['checkpoint_bytes'] as number);

  const run = await holdfast(line());
  expect(run.code).toBe(0);
  expect(figures(rest)).toEqual(figures(found(run.lines, 'planned')));

  // What was foretold, against what is there: a little more than the bytes.
  const files = await readdir(join(out, 'checkpoints'), { recursive: true });
  let saved = 0;
  for (const name of files)
    if (/\.pt(\.done)?$/.test(name)) saved += (await stat(join(out, 'checkpoints', name))).size;
  const checkpoints = plan['checkpoint_bytes'] as number;
  expect(checkpoints).toBeGreaterThan(saved);
  expect(checkpoints).toBeLessThan(1.5 * saved);
  const result = plan['result_bytes'] as number;
  let joined = 0;
  for (const name of ['embeddings.safetensors', 'ids.txt', 'sequences.tsv'])
    joined += (await stat(join(out, name))).size;
  expect(result).toBeGreaterThan(joined);
  expect(result).toBeLessThan(1.2 * joined);

  const whole = await everything(out);
  const after = await dry();
  expect(after.lines.map(({ event }) => event)).toContain('complete');
  expect(found(after.lines, 'complete')).toMatchObject({ already: true, sequences: 3000 });
  expect(await everything(out)).toEqual(whole);
  expect(await readdir(temporary)).toEqual([]);
});

test('people see it as a table; a second line with another input is refused as the run would be', async () => {
  const other = join(folder, 'other');
  const proteins = fixture('globins45.faa');
  const args = ['embed', proteins, '--out', other, '--model', 'aac', '--dry-run', '--progress', 'plain'];
  const child = start(args, { env: env() });
  let text = '';
  child.child.stdout!.on('data', (part) => {
    text += part;
  });
  await child.ended.catch(() => undefined);
  expect(text).toMatch(/^sequences {3}45, 6,519 residues$/m);
  expect(text).toMatch(/^lengths {5}141 to 153, 144\.9 on average$/m);
  expect(text).toMatch(/^ {12}140 to 141 {2}18 {2}#{40}$/m);
  expect(text).toMatch(/^disk .* are still to be written$/m);
  expect(text).toMatch(/^written {5}nothing; leave --dry-run out to begin$/m);
  await expect(stat(other)).rejects.toThrow('ENOENT');

  const refused = await holdfast(['embed', proteins, '--out', out, '--model', 'aac', '--dry-run'], '', {
    env: env(),
  });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('holds another run');
});

test('a signal while it reads leaves nothing behind', async () => {
  const args = ['embed', '-', '--out', join(folder, 'piped'), '--dry-run'];
  const running = start(args, { env: env() });
  let made: string[] = [];
  running.child.stdin!.write(await readFile(input));
  await running.until('indexing');
  made = await readdir(temporary);
  expect(made).toHaveLength(1);
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 143, stderr: expect.stringContaining('SIGTERM') });
  expect(await readdir(temporary)).toEqual([]);
});

describe('a listed model that is not on this machine', () => {
  const dry = (input: string, ...more: string[]) =>
    holdfast(['embed', input, '--out', join(folder, 'later'), '--dry-run', ...more], '', {
      env: { ...env(), HF_HOME: join(folder, 'hub'), HF_ENDPOINT: 'http://127.0.0.1:9' },
    });
  const warned = ({ lines }: Ended) =>
    lines.flatMap(({ event, message }) => (event === 'warning' ? [String(message)] : []));

  test('nucleotides for a model of proteins: the warning of the run', async () => {
    const genome = fixture('lambda_virus.fa.gz');
    expect(warned(await dry(genome, '--model', 'esm2-8m'))).toEqual([
      expect.stringMatching(/looks like nucleotides .* the model esm2-8m reads proteins.*--translate=orfs/),
    ]);
    expect(warned(await dry(genome, '--model', 'esm2-8m', '--translate=orfs'))).toEqual([]);
  });

  test('proteins for a model of nucleotides are refused, as by the run', async () => {
    const proteins = fixture('globins45.faa');
    expect(await dry(proteins, '--model', 'dnabert-2')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /not a nucleotide, and the file looks like proteins; the model dnabert-2 /,
      ),
    });
    expect(await dry(proteins, '--model', 'dnabert-2', '--translate')).toMatchObject({ code: 2 });
  });
});

test('a model that is not on this machine is named with its size, and not downloaded', async () => {
  const cache = join(folder, 'hub');
  const args = ['embed', fixture('globins45.faa'), '--out', join(folder, 'later'), '--model', 'esm2-650m'];
  const { code, lines } = await holdfast([...args, '--dry-run'], '', {
    env: { ...env(), HF_HOME: cache, HF_ENDPOINT: 'http://127.0.0.1:9' },
  });
  expect(code).toBe(0);
  expect(found(lines, 'model_missing')).toMatchObject({ model: 'esm2-650m', bytes: expect.any(Number) });
  expect(found(lines, 'input_counted')).toMatchObject({ sequences: 45, lengths: { longest: 153 } });
  await expect(stat(cache)).rejects.toThrow('ENOENT');
  expect(await readdir(temporary)).toEqual([]);
});
