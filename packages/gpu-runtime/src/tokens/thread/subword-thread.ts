import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { SubwordRules, Tokenized } from '../subwords.js';
import { joined, parted } from './joined-arrays.js';
import type { TokenAnswer, TokenJob } from './token-job.js';

/** The thread's built script. */
const threadScript = () => createRequire(import.meta.url).resolve('@holdfast/gpu-runtime/token-thread');

interface Waiting {
  resolve(made: Tokenized): void;
  reject(error: unknown): void;
}

/** {@link Subwords} in its own thread, which starts on first use and does not keep the process alive. */
export class SubwordThread {
  readonly #rules: SubwordRules;
  readonly #script: string | URL;
  #thread: Worker | null = null;
  #jobs = 0;
  readonly #waiting = new Map<number, Waiting>();

  /** @param script the thread's; replaced by tests. */
  constructor(rules: SubwordRules, script: string | URL = threadScript()) {
    this.#rules = rules;
    this.#script = script;
  }

  /**
   * The tokens of each sequence. Calls are answered in order. The sequences are copied before this returns.
   *
   * @throws the tokenizer's error, or an Error if the thread died; the next call gets a new one.
   */
  async encode(sequences: readonly Uint8Array[]): Promise<Tokenized> {
    const id = this.#jobs++;
    const job: TokenJob = { id, ...joined(sequences, (length) => new Uint8Array(length)) };
    this.#thread ??= this.#start();
    const thread = this.#thread;
    thread.postMessage(job, [job.all.buffer, job.ends.buffer]);
    thread.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #start(): Worker {
    const thread = new Worker(this.#script, {
      name: 'holdfast-tokens',
      execArgv: [],
      workerData: this.#rules,
    });
    thread.on('message', (answer: TokenAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (this.#waiting.size === 0) thread.unref();
      if ('error' in answer) waiting?.reject(Object.assign(new Error(answer.error.message), answer.error));
      else waiting?.resolve({ tokens: parted(answer), truncated: answer.truncated });
    });
    const ended = (error: unknown) => {
      // The end of an earlier thread must not fail the calls of a later one.
      if (this.#thread !== thread) return;
      this.#thread = null;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    };
    thread.on('error', ended);
    thread.on('exit', (code) => ended(new Error(`the tokenizer thread exited with code ${code}`)));
    return thread;
  }
}
