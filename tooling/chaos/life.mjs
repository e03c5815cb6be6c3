// One life of the command, in a process group of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));

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
    if (this.#child.exitCode === null) process.kill(group ? -this.#child.pid : this.#child.pid, signal);
  }

  /** Resolves once it is gone and its output is read. */
  async ended() {
    const [code, signal] = await once(this.#child, 'close');
    return { code, signal, seconds: Math.round(performance.now() - this.#begun) / 1000 };
  }
}

/** Whether a process is there. */
export function lives(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
