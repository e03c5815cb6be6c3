import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freshFolder, type Line } from './command.js';

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** Whether this machine lets a test have a file system of its own. */
export const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
if (!mountable) console.warn('LEFT OUT: a small file system cannot be made on this machine');

/** A shell that sees a small disk, which nobody else does. */
export class SmallDisk {
  /** The disk. */
  readonly folder: string;
  readonly #shell: ChildProcess;
  readonly #lines: string[] = [];
  readonly #wanted: { match: RegExp; resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  /** Lines that were waited for. */
  #seen = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.#shell = spawn('unshare', ['-rm', 'sh'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#shell.stdout! });
    lines.on('line', (line) => {
      this.#lines.push(line);
      this.#look();
    });
    lines.on('close', () => {
      for (const { match, reject } of this.#wanted)
        reject(new Error(`no ${match} in:\n${this.#lines.join('\n')}`));
    });
  }

  /** @param size as `mount` takes it, such as `900k`. */
  static async make(size: string): Promise<SmallDisk> {
    const folder = join(await freshFolder(), 'disk');
    await mkdir(folder);
    const disk = new SmallDisk(folder);
    disk.tell(`mount -t tmpfs -o size=${size} none ${folder}`);
    return disk;
  }

  /** Has the shell do something. */
  tell(command: string): void {
    this.#shell.stdin!.write(`${command}\n`);
  }

  /** Starts the command in the background; its exit code is then printed as `code N`. */
  start(args: readonly string[]): void {
    const line = [process.execPath, BIN, ...args].join(' ');
    this.tell(`(${line} 2>&1; echo "code $?") & `);
  }

  resize(size: string): void {
    this.tell(`mount -o remount,size=${size} ${this.folder}`);
  }

  /** The next line that matches. */
  until(match: RegExp): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ match, resolve, reject });
      this.#look();
    });
  }

  async event(name: string): Promise<Line> {
    return JSON.parse(await this.until(new RegExp(`"event":"${name}"`))) as Line;
  }

  /** How many lines match so far. */
  count(match: RegExp): number {
    return this.#lines.filter((line) => match.test(line)).length;
  }

  /** What a command prints. */
  async ask(command: string): Promise<string> {
    const before = this.#lines.length;
    this.tell(`${command}; echo "asked $?"`);
    await this.until(/^asked \d+$/);
    return this.#lines.slice(before).join('\n');
  }

  end(): void {
    this.#shell.stdin!.end();
  }

  #look(): void {
    for (; this.#wanted.length > 0 && this.#seen < this.#lines.length; this.#seen++) {
      const { match, resolve } = this.#wanted[0]!;
      if (!match.test(this.#lines[this.#seen]!)) continue;
      this.#wanted.shift();
      resolve(this.#lines[this.#seen]!);
    }
  }
}
