import { Worker } from 'node:worker_threads';
import type { AnswerMessage, JobMessage, JobRunner, Outcome, WriteJob } from './job.js';

// From the sources, as under test, the built one is used: Node does not read TypeScript.
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/write-thread.js' : './write-thread.js',
  import.meta.url,
);

/** Runs jobs in a thread of its own, which is started for the first one and keeps no process alive by itself. */
export class ThreadRunner implements JobRunner {
  #thread: Worker | null = null;
  #jobs = 0;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();

  run({ sequenceIds, ...job }: WriteJob): Promise<Outcome> {
    const id = this.#jobs++;
    const message: JobMessage = { ...job, id, sequenceIds: JSON.stringify(sequenceIds) };
    return new Promise((resolve) => {
      this.#thread ??= this.#start();
      this.#waiting.set(id, resolve);
      this.#thread.ref();
      // The buffer goes to the thread and comes back with the answer; nothing is copied.
      this.#thread.postMessage(message, [job.rows.data.buffer]);
    });
  }

  async close(): Promise<void> {
    await this.#thread?.terminate();
    this.#thread = null;
  }

  #start(): Worker {
    const thread = new Worker(THREAD, { name: 'holdfast-checkpoint', execArgv: [] });
    thread.on('message', ({ id, written, error, buffer }: AnswerMessage) => {
      const resolve = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) thread.unref();
      resolve?.({ written, error: error && Object.assign(new Error(error.message), error), buffer });
    });
    const ended = (error: unknown) => {
      if (this.#thread === thread) this.#thread = null;
      for (const resolve of this.#waiting.values()) resolve({ written: null, error, buffer: null });
      this.#waiting.clear();
    };
    thread.on('error', ended);
    thread.on('exit', (code) => ended(new Error(`the writing thread ended with code ${code}`)));
    return thread;
  }
}
