import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { AnswerMessage, JobMessage, JobRunner, WriteJob } from './job.js';
import type { Written } from './write.js';

/** The thread's built script, resolved only when a thread is started. */
const threadScript = () => createRequire(import.meta.url).resolve('@holdfast/checkpoint/write-thread');

interface Waiting {
  resolve(written: Written): void;
  reject(error: unknown): void;
}

/**
 * Writes the checkpoints of one or more writers in order of arrival. Starts with the first; an idle thread
 * keeps no process alive.
 */
export class WriterThread implements JobRunner {
  #thread: Worker | null = null;
  #jobs = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** Writes one checkpoint, for a writer. */
  run({ sequenceIds, ...job }: WriteJob): Promise<Written> {
    const id = this.#jobs++;
    const message: JobMessage = { ...job, id, sequenceIds: JSON.stringify(sequenceIds) };
    return new Promise((resolve, reject) => {
      this.#thread ??= this.#start();
      // Post first: a message that cannot be sent must not be waited for.
      this.#thread.postMessage(message);
      this.#waiting.set(id, { resolve, reject });
      this.#thread.ref();
    });
  }

  /** Ends the thread; no write may be running. A later write starts another. */
  async close(): Promise<void> {
    const thread = this.#thread;
    // A job that arrives while this thread ends gets another.
    this.#thread = null;
    await thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(threadScript(), {
      name: 'holdfast-checkpoint',
      execArgv: [],
      // Little address space: a model may have taken most of it. Rows are outside this limit.
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
      // Jobs of a later thread are not affected.
      if (this.#thread !== thread) return;
      this.#thread = null;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    thread.on('error', ended);
    thread.on('exit', (code) => ended(new Error(`the writer thread exited with code ${code}`)));
    return thread;
  }
}
