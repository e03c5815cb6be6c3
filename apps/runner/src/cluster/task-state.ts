import { ShardCounts } from '@holdfast/coordinator';
import type { TaskBeat } from '@holdfast/status';
import type { RunEvent } from '../events.js';
import type { Task } from './task.js';

/** Follows the events of a task: what it is doing now. Writes nothing. */
export class TaskState {
  readonly #head: Pick<
    TaskBeat,
    'format' | 'run' | 'task' | 'engine' | 'job' | 'start' | 'node' | 'pid' | 'started'
  >;
  /** The shards that it is at. */
  readonly #shards = new Set<number>();
  readonly #embedded: ShardCounts;
  /** Sequences of a shard. */
  readonly #sizeOf: (shard: number) => number;
  #doing: string | null = 'preparing';
  #counts = { completed: 0, failed: 0, lost: 0, sequences: 0, shards_embedded: 0 };
  #speed: number | null = null;
  #ended: TaskBeat['ended'] = null;

  constructor(
    run: string,
    { name, engine, job, start, node }: Task,
    { pid, started, sizeOf }: { pid: number; started: Date; sizeOf: (shard: number) => number },
  ) {
    this.#head = {
      format: 1,
      run,
      task: name,
      engine,
      job,
      start,
      node,
      pid,
      started: started.toISOString(),
    };
    this.#sizeOf = sizeOf;
    this.#embedded = new ShardCounts(sizeOf);
  }

  /** @returns whether sequences that counted as embedded were lost. */
  heard(event: RunEvent): boolean {
    if (event.type !== 'coordinator' || event.event.type === 'retry_given_up') {
      this.#follow(event);
      return false;
    }
    const change = this.#embedded.heard(event.event);
    this.#heardWork(event.event);
    return change !== null && change.now < change.before;
  }

  #follow(event: RunEvent): void {
    switch (event.type) {
      case 'trying_device':
        this.#doing = `testing the device ${event.device}`;
        return;
      case 'paused':
        this.#doing = `paused: disk full; make room on the disk of ${event.folder}`;
        return;
      case 'continued':
        this.#doing = null;
        return;
      case 'progress':
        this.#speed = event.tokens_per_second;
        return;
    }
  }

  ended(message: string, exitCode: number, at: Date): void {
    this.#doing = null;
    this.#shards.clear();
    this.#ended = { at: at.toISOString(), message, exit_code: exitCode };
  }

  /** As the file has it. */
  text(at: Date): string {
    const shards = [...this.#shards].map((shard) => ({
      shard,
      sequences: this.#sizeOf(shard),
      done: this.#embedded.done(shard),
      saved: this.#embedded.saved(shard),
    }));
    const beat: TaskBeat = {
      ...this.#head,
      at: at.toISOString(),
      doing: this.#doing,
      shards,
      ...this.#counts,
      tokens_per_second: this.#speed,
      ended: this.#ended,
    };
    return `${JSON.stringify(beat)}\n`;
  }

  #heardWork(event: Extract<RunEvent, { type: 'coordinator' }>['event']): void {
    switch (event.type) {
      case 'spawned':
        this.#doing = 'loading the model';
        return;
      case 'assigned':
        this.#doing = null;
        this.#shards.add(event.shard);
        return;
      case 'progress':
        this.#counts.sequences += event.sequences;
        this.#counts.shards_embedded += event.sequences / Math.max(1, this.#sizeOf(event.shard));
        return;
      case 'complete':
        this.#counts.completed++;
        this.#shards.delete(event.shard);
        return;
      case 'shard_failed':
        this.#counts.failed++;
        this.#shards.delete(event.shard);
        return;
      case 'claim_lost':
        this.#counts.lost++;
        this.#shards.delete(event.shard);
        return;
    }
  }
}
