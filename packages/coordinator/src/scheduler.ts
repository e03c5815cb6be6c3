import { OutputLimit } from './processes/output-limit.js';
import type { RunState } from './run-state.js';
import { WakeUp } from './wake-up.js';
import type { Slot } from './workers/slot.js';
import { StallWatch } from './workers/stall-watch.js';
import { WorkerExits } from './workers/worker-exits.js';
import { WorkerMessages } from './workers/worker-messages.js';

/** Why a worker is killed that has nothing to save when the run ends: it is no failure. */
export const STILL_STARTING = 'the run is ending, and it was still starting';

/** Drives a run: starts workers, assigns shards, stops workers that stall, and winds down. */
export class Scheduler {
  readonly #run: RunState;
  readonly #stalls: StallWatch;
  readonly #wake: WakeUp;
  readonly #messages: WorkerMessages;
  readonly #exits: WorkerExits;
  readonly #ended: () => void;

  /** @param ended is called once no worker is left and the run is over. */
  constructor(run: RunState, ended: () => void) {
    const { stallMs = 600_000, startStallMs, startMs } = run.options;
    this.#run = run;
    this.#ended = ended;
    this.#stalls = new StallWatch(run.slots, run.clock, stallMs, startStallMs, startMs);
    this.#wake = new WakeUp(run.clock);
    this.#messages = new WorkerMessages(run, () => this.advance());
    this.#exits = new WorkerExits(run, () => this.advance());
  }

  /** Takes every step that is due. Called after each change; safe to call at any time. */
  advance(): void {
    if (this.#run.phase !== 'running') return;
    this.#stalls.forgive(this.#wake.late);
    this.#wake.clear();
    const now = this.#run.clock.now();
    if (!this.#run.over) this.#startWork();
    // Checked again: a listener may have stopped the run meanwhile.
    if (this.#run.over) this.#windDown();
    else this.#wakeWhenDue(now);
  }

  #startWork(): void {
    this.#endStalled();
    // Prefer a slot this shard has not failed on.
    this.#askForWork();
    for (const retry of [false, true]) for (const slot of this.#run.slots) this.#assign(slot, retry);
    for (const slot of this.#run.slots) {
      if (this.#run.over) return;
      if (slot.occupied || slot.closed || slot.notBefore > this.#run.clock.now()) continue;
      if (this.#needsWorker(slot)) this.#spawn(slot);
    }
  }

  /** One shard at a time: others may need those that no slot can begin with now. */
  #askForWork(): void {
    const { pool, open, slots, feed, keeper } = this.#run;
    const now = this.#run.clock.now();
    const free = slots.filter(
      ({ closed, life, notBefore }) => !closed && life.shard === null && notBefore <= now,
    );
    if (free.length === 0 || pool.due(now, free[0]!.index, open) >= free.length) return;
    feed.ask(
      (shard, claim, recovery) => {
        if (recovery !== null) keeper.adopt(shard);
        pool.add(shard, { claim, recovery });
      },
      () => this.advance(),
    );
  }

  /**
   * A starting or idle worker will take a shard it may have, so no more are started than there are shards
   * for.
   */
  #needsWorker(slot: Slot): boolean {
    const due = ({ index }: Slot) => this.#run.pool.due(this.#run.clock.now(), index, this.#run.open);
    const takers = this.#run.slots.filter(
      (other) => other.occupied && other.life.shard === null && due(other) > 0,
    );
    return due(slot) > takers.length;
  }

  /**
   * This timer alone ends back-offs, so one shard's never delays another's.
   *
   * @param now when due work was last checked: whatever became due since then must wake, too.
   */
  #wakeWhenDue(now: number): void {
    const starts = this.#run.slots
      .filter(({ occupied, closed }) => !occupied && !closed)
      .map(({ notBefore }) => notBefore);
    const next = Math.min(
      ...[...starts, ...this.#stalls.nextLooks(now), this.#run.pool.nextDue(now) ?? 0].filter(
        (time) => time > now,
      ),
    );
    if (Number.isFinite(next)) this.#wake.set(next, () => this.advance());
    else this.#wake.clear();
  }

  #endStalled(): void {
    for (const { slot, silentMs, why } of this.#stalls.look()) {
      const because = why === 'hung' ? {} : { why };
      this.#run.report({ type: 'stalled', slot: slot.index, shard: slot.life.shard, silentMs, ...because });
      slot.endStalled(silentMs, why, this.#run.options.stallGraceMs ?? 10_000);
    }
    for (const { slot, silentMs, limitMs } of this.#stalls.silent) {
      const { shard, ready } = slot.life;
      // Once ready, it has no start-up stage.
      const stage = ready ? null : slot.life.stage;
      this.#run.report({ type: 'waiting', slot: slot.index, shard, stage, silentMs, limitMs });
    }
  }

  #windDown(): void {
    this.#run.windingDown.abort();
    if (!this.#run.ending) {
      // Unless all shards are settled, workers may have rows to save.
      const settled = this.#run.pool.settled;
      this.endWorkers(
        (slot) => (settled ? slot.send({ type: 'finish' }) : slot.stop('SIGTERM')),
        settled ? 'no work is left, but it did not exit' : 'the run is ending, but it did not exit',
      );
    }
    if (this.#run.slots.some(({ occupied }) => occupied)) return;
    this.#run.phase = 'ended';
    this.#ended();
  }

  endWorkers(end: (slot: Slot) => void, reason: string): void {
    this.#run.ending = true;
    for (const slot of this.#run.slots) {
      // It has nothing to save, and receives no message while it loads its model.
      if (!slot.life.ready) slot.kill(STILL_STARTING);
      else {
        end(slot);
        slot.endWithin(this.#run.graceMs, reason);
      }
    }
  }

  #spawn(slot: Slot): void {
    slot.oomKills = this.#run.oomDeaths.count();
    const { output } = this.#run.options;
    const limits = { stdout: new OutputLimit(output), stderr: new OutputLimit(output) };
    const report = (stream: 'stdout' | 'stderr', lines: readonly string[]) => {
      for (const line of lines) this.#run.report({ type: 'output', slot: slot.index, stream, line });
    };
    slot.start(this.#run.options.spawn, {
      message: (message) => this.#messages.take(slot, message),
      output: (stream, line) => {
        if (stream === 'stderr') slot.heard(line);
        report(stream, limits[stream].push(line, this.#run.clock.now()));
      },
      exit: (exitcode, signal, error) => {
        for (const stream of ['stdout', 'stderr'] as const) report(stream, limits[stream].end());
        this.#exits.take(slot, { exitcode, signal, error });
      },
    });
    this.#run.report({ type: 'spawned', slot: slot.index, pid: slot.pid, attempt: slot.attempt });
  }

  /** @param retry whether the slot also gets a shard that is left to another, as it has failed on this one. */
  #assign(slot: Slot, retry: boolean): void {
    const { life } = slot;
    if (this.#run.over || !life.ready || life.shard !== null) return;
    // A worker that is to exit gets no more work.
    if (life.failure !== null || life.stalled !== null) return;
    const next = this.#run.pool.take(
      { now: this.#run.clock.now(), slot: slot.index, open: this.#run.open },
      retry,
    );
    if (next === null) return;
    const { takenOverFrom: from, ...assignment } = next;
    const { shard, attempt } = assignment;
    if (from !== null) {
      this.#run.report({ type: 'redistributed', shard, from, to: slot.index });
      this.#run.keeper.redistributed(shard, slot.lastShard ?? shard);
    }
    life.shard = shard;
    slot.lastShard = shard;
    slot.sign();
    this.#run.report({ type: 'assigned', slot: slot.index, shard, attempt });
    slot.send(assignment);
  }
}
