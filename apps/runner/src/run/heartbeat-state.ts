import { hostname } from 'node:os';
import { ShardCounts } from '@holdfast/coordinator';
import { counted } from '@holdfast/options';
import { type Heartbeat, type Phase, WorkerStates } from '@holdfast/status';
import type { RunEvent } from '../events.js';

/** Follows a command's events: what it is doing now. Writes nothing. */
export class HeartbeatState {
  /** Whether the command holds its folder. */
  began = false;
  /** Whether it does anything but look. */
  works = false;
  readonly #workers = new WorkerStates();
  readonly started: Date;
  #now: Pick<
    Heartbeat,
    'phase' | 'doing' | 'input' | 'sequences_done' | 'sequences_total' | 'tokens_per_second' | 'seconds_left'
  > = {
    phase: 'preparing',
    doing: null,
    input: null,
    sequences_done: null,
    sequences_total: null,
    tokens_per_second: null,
    seconds_left: null,
  };
  /** Why the run waits, while it does. */
  #paused: string | null = null;
  #run: string | null = null;
  #shards: { sequences: number[]; counts: ShardCounts } | null = null;
  #ended: Heartbeat['ended'] = null;

  constructor(started: Date) {
    this.started = started;
  }

  get phase(): Phase {
    return this.#now.phase;
  }

  /** Whether the command has a run, new or resumed, that a later one can go on with. */
  get hasRun(): boolean {
    return this.#run !== null;
  }

  planned(run: string, sequences: readonly number[], saved: readonly number[]): void {
    this.#run = run;
    this.#shards = {
      sequences: [...sequences],
      counts: new ShardCounts((shard) => sequences[shard] ?? 0, saved),
    };
  }

  /** Sequences embedded, saved or not yet. */
  get done(): number {
    return this.#now.sequences_done ?? 0;
  }

  ended(message: string, at: Date): void {
    this.#ended = { at: at.toISOString(), message };
  }

  heard(event: RunEvent, at: Date): void {
    switch (event.type) {
      case 'indexing': {
        const { file, bytes, sequences } = event;
        return this.#is('planning', null, { input: { file, bytes, sequences } });
      }
      case 'trying_model':
        return this.#is('preparing', `testing the model ${event.model} on ${event.device}`);
      case 'trying_device':
        return this.#is('preparing', `testing the device ${event.device}`);
      case 'calibrating':
        return this.#is('preparing', `measuring the best token budget on ${event.device}`);
      case 'comparing_precision':
        return this.#is('preparing', `comparing ${event.precision} with fp32`);
      case 'waiting':
        this.#now = { ...this.#now, doing: event.reason };
        return;
      case 'paused':
        this.#paused = `paused: disk full; make room on the disk of ${event.folder}, and the run goes on by itself`;
        return;
      case 'continued':
        this.#paused = null;
        return;
      case 'planned': {
        const { sequences_done, sequences } = event;
        return this.#is('embedding', null, { sequences_done, sequences_total: sequences });
      }
      case 'progress': {
        const { type: _, ...facts } = event;
        return this.#is('embedding', null, facts);
      }
      case 'retrying':
        return this.#is(
          'embedding',
          `reattempting ${counted(event.sequences, 'quarantined sequence')}, each alone`,
        );
      case 'assembling':
        return this.#is('joining', `writing ${event.file}`);
      case 'coordinator':
        return this.#heardWork(event.event, at);
    }
  }

  /** As the file has it. */
  text(at: Date): string {
    const beat: Heartbeat = {
      format: 1,
      run: this.#run,
      host: hostname(),
      pid: process.pid,
      started: this.started.toISOString(),
      at: at.toISOString(),
      ...this.#now,
      doing: this.#paused ?? this.#now.doing,
      workers: this.#workers.list(),
      shards: this.#shardsNow(),
      ended: this.#ended,
    };
    return `${JSON.stringify(beat)}\n`;
  }

  #is(phase: Phase, doing: string | null, facts: Partial<Heartbeat> = {}): void {
    this.works = true;
    this.#now = { ...this.#now, phase, doing, input: null, ...facts };
  }

  #heardWork(event: Extract<RunEvent, { type: 'coordinator' }>['event'], at: Date): void {
    this.#workers.heard(event, at.toISOString());
    if (event.type !== 'retry_given_up') this.#shards?.counts.heard(event);
  }

  #shardsNow(): Heartbeat['shards'] {
    if (this.#shards === null) return null;
    const { sequences, counts } = this.#shards;
    const done = sequences.map((_, shard) => counts.done(shard));
    return { sequences, done, saved: sequences.map((_, shard) => counts.saved(shard)) };
  }
}
