import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { AnswerMessage, JobMessage, JobRunner, WriteJob } from './job.js';
import type { Written } from './write.js';

/** The thread's script, as it was built. Looked up where a thread is started: who starts none needs none. */
const threadScript = () => createRequire(import.meta.url).resolve('@holdfast/checkpoint/write-thread');

interface Waiting {
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/** Writes the checkpoints of one or more writers, in the order in which they come; it is started for the first, and keeps no process alive by itself. */
export class WriterThread implements JobRunner {
  #thread: Worker | null = null;
  #jobs = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** For writers: writes one checkpoint. */
  run({ sequenceIds, ...job }: WriteJob): Promise<Written> {
    const id = this.#jobs++;
    const message: JobMessage = { ...job, id, sequenceIds: JSON.stringify(sequenceIds) };
    return new Promise((resolve, reject) => {
      this.#thread ??= this.#start();
      // First: what cannot cross must not be waited for.
      this.#thread.postMessage(message);
      this.#waiting.set(id, { resolve, reject });
      this.#thread.ref();
    });
  }

  /** Ends the thread; no write is at work. A later one starts another. */
  async close(): Promise<void> {
    const thread = this.#thread;
    // A job that comes while this one ends has another.
    this.#thread = null;
    await thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(threadScript(), {
      name: 'holdfast-checkpoint',
      execArgv: [],
      // Little address space, so that it also has room where a model took all but a little; rows are no part of it.
      resourceLimits: { codeRangeSizeMb: 16 },
    });
    thread.on('message', (answer: AnswerMessage) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) thread.unref();
      if ('written' in answer) waiting?.resolve(answer.written);
      else waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
    });
    const ended = (error: unknown) => {
      // A later thread's jobs are not this one's.
      if (this.#thread !== thread) return;
      this.#thread = null;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    thread.on('error', ended);
    thread.on('exit', (code) => ended(new Error(`the writing thread ended with code ${code}`)));
    return thread;
  }
}
