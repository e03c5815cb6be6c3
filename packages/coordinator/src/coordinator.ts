import { checkOptions } from '@holdfast/options';
import { isStopSignal, type StopSignal } from '@holdfast/process';
import { type CoordinatorOptions, coordinatorOptions, type Outcome } from './options.js';
import { RunState } from './run-state.js';
import { Scheduler } from './scheduler.js';

/**
 * Keeps worker processes at work until every shard is complete or out of retries. Each slot's process loads its model
 * once and takes one shard after another; one that dies is classified, and its shard goes back to the pool.
 */
export class Coordinator {
  readonly #run: RunState;
  readonly #scheduler: Scheduler;
  readonly #workersGone: Promise<void>;
  #outcome: Promise<Outcome> | null = null;

  /** @throws RangeError and TypeError for options no run can be made of (`code` is `invalid_option`). */
  constructor(options: CoordinatorOptions) {
    checkOptions('Coordinator', options, coordinatorOptions);
    this.#run = new RunState(options);
    let ended = () => {};
    this.#workersGone = new Promise((resolve) => {
      ended = resolve;
    });
    this.#scheduler = new Scheduler(this.#run, ended);
  }

  /**
   * Runs until all shards are settled, or stopped, or no worker can start, or too many sequences are quarantined; no worker
   * is left when it resolves. A second call gives the same promise.
   *
   * @throws ShardReportError when `onShardFailed` rejected; all other work is done by then. What the records throw when
   * they cannot be read, before any worker is started.
   */
  run(): Promise<Outcome> {
    this.#outcome ??= this.#runOnce();
    return this.#outcome;
  }

  /** Has every worker save and end; those that have not within the grace are killed. A second call kills at once. @throws RangeError for what is no stop signal. */
  stop(signal: StopSignal): void {
    checkOptions('stop', signal, isStopSignal, 'signal');
    const run = this.#run;
    if (run.phase === 'ended') return;
    if (run.stopped !== null) {
      for (const slot of run.slots) slot.kill('stopped twice');
      return;
    }
    run.stopped = signal;
    run.report({ type: 'stopping', signal });
    this.#scheduler.endWorkers((slot) => slot.stop(signal), 'stopped, but it did not end');
    this.#scheduler.advance();
  }

  async #runOnce(): Promise<Outcome> {
    const run = this.#run;
    // Without records the first workers start in this very turn.
    if (run.options.records !== undefined) await run.recover();
    run.phase = 'running';
    this.#scheduler.advance();
    await this.#workersGone;
    await run.keeper.settled();
    if (run.stopped !== null) run.report({ type: 'stopped', signal: run.stopped });
    await run.reports.settled();
    return run.outcome;
  }
}
