import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatChecked } from '@holdfast/run-folder';
import { beforeAll, describe, expect, test } from 'vitest';
import { freshFolder, holdfast, killedAt, type Line, madeModel, rowsOf } from './command.js';

// Real want of memory: what a process may write to is limited, and a model asks for 8 MiB a token. Of address space (`--as`) V8
// and glibc reserve as much as a machine has cores; of `--data` what they count depends on Node alone: 50 MB for Node 20,
// 590 for Node 24.
const LIMIT = countedOfNode() + 750_000_000;
const UNDER = ['prlimit', `--data=${LIMIT}`];

/** Bytes that a Node which does nothing has of what `--data` limits; 0 where the system does not say. */
function countedOfNode(): number {
  if (process.platform !== 'linux') return 0;
  const script = "process.stdout.write(require('fs').readFileSync('/proc/self/status'))";
  const status = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  return Number(/^VmData:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

/** Why these tests cannot be, or false. */
function missing(): string | false {
  const limited = [...UNDER.slice(1), process.execPath, '-e'];
  try {
    execFileSync('prlimit', [...limited, '']);
  } catch {
    return 'there is no prlimit (util-linux)';
  }
  try {
    execFileSync('prlimit', [...limited, 'Buffer.alloc(1e9, 1)'], { stdio: 'ignore' });
    return 'this system does not hold processes to RLIMIT_DATA';
  } catch {
    return false;
  }
}
const why = missing();
if (why) console.warn(`skipped, want of memory: ${why}`);

let model: string;
beforeAll(async () => {
  model = await madeModel('make-hungry-by-length.mjs');
});

/** Sequences of 10 residues, the first of which are A. */
const short = Array.from({ length: 64 }, (_, i) => [`s${i}`, 'A'.repeat(i % 10).padEnd(10, 'C')] as const);
const rows = short.map(([id], i) => [id, [i % 10, 1]] as [string, number[]]);

async function run(
  sequences: readonly (readonly [string, string])[],
  batchTokens: number,
  ...more: string[]
) {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  const out = join(folder, 'out');
  await writeFile(input, sequences.map(([id, residues]) => `>${id}\n${residues}\n`).join(''));
  const line = [
    'embed',
    input,
    '--out',
    out,
    '--model',
    model,
    '--workers',
    '1',
    '--shards',
    '1',
    '--no-dedupe',
  ].concat(more);
  const ended = await holdfast([...line, '--batch-tokens', `${batchTokens}`], '', { under: UNDER });
  const all = (event: string): Line[] => ended.lines.filter((each) => each.event === event);
  return { ...ended, out, all };
}

test.skipIf(why)('a batch for which there is too little memory is embedded in parts', async () => {
  const { code, out, all } = await run(short, 640);
  // 640 tokens, a half and a quarter of them are more than the limit in any case.
  expect(all('failed').map(({ kind }) => kind)).toEqual(['oom', 'oom', 'oom']);
  expect(
    all('failed').map(({ message }) => /a batch of (\d+) × 10 tokens failed/.exec(String(message))?.[1]),
  ).toEqual(['64', '32', '16']);
  expect(all('quarantined')).toEqual([]);
  expect([code, await rowsOf(out)]).toEqual([0, rows]);
});

test.skipIf(why)(
  'a sequence that does not fit alone is quarantined, and the others of its batch are embedded',
  async () => {
    const long = ['long', 'ACGT'.repeat(250)] as const;
    // It is in a batch with three short ones.
    const { code, out, all } = await run([...short, long], 4000);
    expect(all('quarantined')).toMatchObject([{ id: 'long', ordinal: 64, kind: 'oom' }]);
    expect(all('checkpoint')[0]).toMatchObject({ sequences: 3, reason: 'isolated' });
    expect([code, await rowsOf(out)]).toEqual([3, rows]);
    const [, record, ...others] = (await readFile(join(out, 'quarantine.tsv'), 'utf8')).split('\n');
    expect(record).toMatch(/^long\t64\toom\t\d+\t.*1 × 1000 tokens failed/);
    expect(others).toEqual(['']);
  },
);

describe.skipIf(why)('a sequence that was set aside for want of memory, where there is more by now', () => {
  const large = ['large', 'A'.repeat(7).padEnd(250, 'C')] as const;
  /** A complete run without it, begun from standard input. */
  async function withoutLarge() {
    const few = [...short.slice(0, 3), large];
    const fasta = few.map(([id, residues]) => `>${id}\n${residues}\n`).join('');
    const out = join(await freshFolder(), 'out');
    const line = ['embed', '-', '--out', out, '--model', model, '--workers', '1', '--shards', '1'];
    line.push('--batch-tokens', '1000');
    const first = await holdfast(line, fasta, { under: UNDER });
    expect([first.code, (await rowsOf(out)).length]).toEqual([3, 3]);
    return { out, line, fasta };
  }
  const whole = [...rows.slice(0, 3), ['large', [7, 1]]];
  const warnings = (lines: readonly Line[]) =>
    lines.filter(({ event }) => event === 'warning').map(({ message }) => String(message));

  test('has its row when the command is rerun, also where that is killed before the result is joined', async () => {
    const { out, line, fasta } = await withoutLarge();
    const cut = await holdfast(line, fasta, {
      env: killedAt('open', 'embeddings.safetensors.tmp'),
    });
    expect(cut.lines.find(({ event }) => event === 'retried')).toMatchObject({ sequences_recovered: 1 });
    expect([cut.signal, (await rowsOf(out)).length]).toEqual(['SIGKILL', 3]);
    expect((await holdfast(line, fasta)).code).toBe(0);
    expect(await rowsOf(out)).toEqual(whole);
    expect((await holdfast(line, fasta)).lines.at(-1)).toMatchObject({ already: true, quarantined: 0 });
    expect(await readdir(out)).not.toContain('.holdfast-retry');
  });

  test('leaves the result as it is where the checkpoints are not there any more', async () => {
    const { out, line, fasta } = await withoutLarge();
    await rm(join(out, 'checkpoints'), { recursive: true });
    const { code, lines } = await holdfast(line, fasta);
    expect([code, lines.at(-1)]).toMatchObject([3, { already: true, quarantined: 1 }]);
    expect(warnings(lines)).toContainEqual(
      expect.stringMatching(/no longer holds all rows, so the quarantined .* the result stays as it is/),
    );
    expect((await rowsOf(out)).length).toBe(3);
  });

  test('leaves the result as it is on a machine without the device of the run', async () => {
    const { out, line, fasta } = await withoutLarge();
    const path = join(out, 'run.json');
    const { sha256: _, ...record } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, formatChecked({ ...record, device: 'cuda' }));
    const { code, lines } = await holdfast(line, fasta);
    expect([code, lines.at(-1)]).toMatchObject([3, { already: true, quarantined: 1 }]);
    expect(warnings(lines)).toContainEqual(
      expect.stringMatching(/could be reattempted: the run was begun on cuda/),
    );
  });
});
test.skipIf(why)(
  'what was set aside is reattempted before it counts as too many, and is reported as that',
  async () => {
    const long = ['long', 'ACGT'.repeat(250)] as const;
    const { code, stderr, all } = await run([...short, long], 4000, '--max-quarantined', '0');
    expect(all('retried')).toMatchObject([{ sequences: 1, sequences_recovered: 0 }]);
    expect(stderr).toMatch(
      /1 sequence is quarantined, such as long \(.*\); the limit is 0\. The model refused none of them; 1 were only set aside \(1 for lack of memory\)\. .* rerun the command with more memory, or raise --max-quarantined/,
    );
    expect(code).toBe(4);
  },
);
