/** What a worker is doing. `idle`: it waits for a shard. `paused`: its disk is full. `gone`: its process has ended; another may start in its slot. */
export type WorkerDoing =
  | 'starting'
  | 'idle'
  | 'resuming'
  | 'embedding'
  | 'isolating'
  | 'paused'
  | 'stopping'
  | 'gone'
  | 'closed';

/** The worker of one slot. */
export interface WorkerState {
  slot: number;
  /** Its process; null once that has ended. */
  pid: number | null;
  state: WorkerDoing;
  /** The shard it works on. */
  shard: number | null;
  /** Since when it does this, ISO 8601. */
  since: string;
}

/** The fields of an event that show what a worker does. The event happens now, or is a line of a log. */
export interface WorkerEvent {
  type: string;
  slot?: unknown;
  pid?: unknown;
  shard?: unknown;
}

/** What events make of a worker. Others say nothing about it. */
const BECOMES: Readonly<Record<string, WorkerDoing>> = {
  spawned: 'starting',
  ready: 'idle',
  assigned: 'resuming',
  resumed: 'embedding',
  progress: 'embedding',
  isolating: 'isolating',
  disk_full: 'paused',
  disk_room: 'embedding',
  complete: 'idle',
  shard_complete: 'idle',
  stalled: 'stopping',
  killed: 'stopping',
  exited: 'gone',
  slot_closed: 'closed',
};

const ENDED: ReadonlySet<WorkerDoing> = new Set(['gone', 'closed']);

/** Follows the events of a run: what each slot's worker is doing, and since when. */
export class WorkerStates {
  readonly #slots: Map<number, WorkerState>;

  /** @param before what they were doing, if that is known. */
  constructor(before: readonly WorkerState[] = []) {
    this.#slots = new Map(before.map((each) => [each.slot, each]));
  }

  /** @param at when it happened, ISO 8601. */
  heard({ type, slot, pid, shard }: WorkerEvent, at: string): void {
    if (type === 'stopping') return this.#stopAll(at);
    const state = BECOMES[type];
    if (state === undefined || typeof slot !== 'number') return;
    const before = this.#slots.get(slot);
    // Batches still arrive after a worker was asked to stop, or before its queue is full.
    if (type === 'progress' && (before?.state === 'stopping' || before?.state === 'paused')) return;
    const now = {
      slot,
      pid: ENDED.has(state) ? null : type === 'spawned' ? numberOr(pid, null) : (before?.pid ?? null),
      state,
      shard: ['starting', 'idle', 'gone', 'closed'].includes(state)
        ? null
        : numberOr(shard, before?.shard ?? null),
    };
    const same = before?.state === now.state && before.shard === now.shard && before.pid === now.pid;
    this.#slots.set(slot, { ...now, since: same ? before.since : at });
  }

  /** By slot. */
  list(): WorkerState[] {
    return [...this.#slots.values()].sort((a, b) => a.slot - b.slot).map((each) => ({ ...each }));
  }

  #stopAll(at: string): void {
    for (const [slot, each] of this.#slots)
      if (!ENDED.has(each.state) && each.state !== 'stopping')
        this.#slots.set(slot, { ...each, state: 'stopping', since: at });
  }
}

const numberOr = <T>(value: unknown, other: T): number | T => (typeof value === 'number' ? value : other);
