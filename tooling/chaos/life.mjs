// One life of the command, in a process group of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));

// Who ends a script ends what it started.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

export class Life {
  /** Workers that live, by slot. */
  workers = new Map();
  /** Every worker there was. */
  pids = [];
  #begun = performance.now();
  #child;

  /** @param onEvent told of each line of its output. */
  constructor(args, onEvent = () => undefined) {
    this.#child = spawn(process.execPath, [BIN, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.once('exit', () => this.signal('SIGKILL', { group: true }));
    createInterface({ input: this.#child.stdout }).on('line', (text) => {
      const line = JSON.parse(text);
      if (line.event === 'spawned') {
        this.workers.set(line.slot, line.pid);
        this.pids.push(line.pid);
      }
      if (line.event === 'exited') this.workers.delete(line.slot);
      onEvent(line);
    });
  }

  /** A signal to the command, or to its whole group. */
  signal(signal, { group = false } = {}) {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null)
      process.kill(group ? -this.#child.pid : this.#child.pid, signal);
  }

  /** Resolves once it is gone and its output is read. */
  async ended() {
    const [code, signal] = await once(this.#child, 'close');
    return { code, signal, seconds: Math.round(performance.now() - this.#begun) / 1000 };
  }
}

/** Whether a process is there. One that is dead, and that its parent has not asked for yet, is not; on Linux. */
export function lives(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
