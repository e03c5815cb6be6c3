import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Runs of the built command in a real Slurm.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../../../apps/runner/bin/holdfast.js');
const SLOW = at('../slow-worker.mjs');

/** Looks, a tenth of a second apart, before a test gives up on a condition. */
const LOOKS = 1200;

/** Resolves with what a look finds; undefined and false mean not yet. @throws Error after too many looks. */
export async function reached<T>(what: string, look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (let left = LOOKS; left > 0; left--) {
    const found = await look();
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not reached: ${what}`);
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end. */
export const program = (name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(name, args, { env: { ...process.env, ...env } }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
  });

/** A line that a slow worker wrote. */
interface Heard {
  type: 'resumed' | 'progress';
  shard: number;
  sequences: number;
  pid: number;
  task: string;
  start: number;
}

/** What identifies each file below a folder but locks, which name their holder: path, inode, time of change and content. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.endsWith('.lock'))
    .sort()
    .map((name) => {
      const path = join(folder, name);
      const { ino, mtimeMs, size } = statSync(path);
      if (statSync(path).isDirectory()) return `${name}/ ${ino}`;
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      return `${name} ${ino} ${mtimeMs} ${size} ${sha256}`;
    });
}

/** SHA-256 of each file of a result that must not depend on how it was computed. */
export function digests(out: string): Record<string, string> {
  const names = ['embeddings.safetensors', 'ids.txt', 'sequences.tsv'];
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(out, name)))
        .digest('hex'),
    ]),
  );
}

/** A FASTA of windows of a real genome. */
export function windows(count: number, file: string): void {
  const args = [
    at('../../workload/windows.mjs'),
    at('../../../apps/runner/test/fixtures/lambda_virus.fa.gz'),
    ...['--count', `${count}`, '--length', '200', '--stride', '3'],
  ];
  execFileSync('sh', ['-c', 'exec "$0" "$@" > "$OUT"', process.execPath, ...args], {
    env: { ...process.env, OUT: file },
  });
}

/** One run, submitted to a cluster. */
export class Submitted {
  readonly out: string;
  readonly #heard: string;
  readonly #env: NodeJS.ProcessEnv;

  /**
   * @param cluster the variables by which Slurm's programs find it.
   * @param options of `embed` and `submit`, with the input.
   */
  constructor(
    cluster: NodeJS.ProcessEnv,
    readonly options: readonly string[],
    slowMs = 0,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'slurm-run-'));
    this.out = join(folder, 'out');
    this.#heard = join(folder, 'heard.ndjson');
    const slow = { NODE_OPTIONS: `--import=${SLOW}`, SLOW_MS: `${slowMs}`, HEARD: this.#heard };
    this.#env = { ...cluster, ...slow };
  }

  holdfast(...args: string[]): Promise<Ended> {
    return program(process.execPath, [BIN, ...args], this.#env);
  }

  /** Types the line of `submit`. @returns the array's id and the join's, as it printed them. */
  async submit(...more: string[]): Promise<Ended & { array: string; join: string }> {
    const ended = await this.holdfast('submit', ...this.options, '--out', this.out, ...more);
    const array = /array job (\d+)/.exec(ended.stdout)?.[1] ?? '';
    const joining = /job (\d+), which joins/.exec(ended.stdout)?.[1] ?? '';
    return { ...ended, array, join: joining };
  }

  scontrol = (...args: string[]) => program('scontrol', args, this.#env);
  scancel = (...args: string[]) => program('scancel', args, this.#env);

  /** States of its jobs in the queue, by id. */
  async queue(...jobs: string[]): Promise<Map<string, string>> {
    const { stdout } = await program('squeue', ['-h', '-r', '-o', '%i %T %F'], this.#env);
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(' '));
    return new Map(lines.filter(([, , job]) => jobs.includes(job!)).map(([id, state]) => [id!, state!]));
  }

  heard(): Heard[] {
    let text: string;
    try {
      text = readFileSync(this.#heard, 'utf8');
    } catch {
      return [];
    }
    // The last line may be half written.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Sequences that workers embedded in all, so more than the input has if some were embedded again. */
  embedded(): number {
    return this.heard().reduce((sum, { type, sequences }) => sum + (type === 'progress' ? sequences : 0), 0);
  }

  /** What is in all logs of a task. */
  log(task: string): string {
    const folder = join(this.out, 'logs', `task_${task}`);
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  }

  /** Nodes on which tasks ran. */
  nodes(): string[] {
    const folder = join(this.out, 'cluster', 'tasks');
    const nodes = readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')).node,
    );
    return [...new Set<string>(nodes)].sort();
  }
}
