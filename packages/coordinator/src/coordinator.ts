import { checkOptions } from '@holdfast/options';
import { isStopSignal, type StopSignal } from '@holdfast/process';
import { type CoordinatorOptions, coordinatorOptions, type Outcome } from './options.js';
import { RunState } from './run-state.js';
import { Scheduler } from './scheduler.js';

/**
 * Keeps worker processes running until every shard is complete or out of retries. Each slot's process loads
 * its model once and works through shards; when one dies, its failure is classified and its shard returns to
 * the pool.
 */
export class Coordinator {
  readonly #run: RunState;
  readonly #scheduler: Scheduler;
  readonly #workersGone: Promise<void>;
  #outcome: Promise<Outcome> | null = null;

  /** @throws RangeError and TypeError for invalid options (`code` is `invalid_option`). */
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
   * Runs until all shards are settled, the run is stopped, no worker can start, or too many sequences are
   * quarantined. No worker is left when it resolves. A second call returns the same promise.
   *
   * @throws ShardReportError if `onShardFailed` rejected; all other work is done by then. Before any worker
   * starts: whatever the records throw if they cannot be read. What the source throws; no worker is left then.
   */
  run(): Promise<Outcome> {
    this.#outcome ??= this.#runOnce();
    return this.#outcome;
  }

  /**
   * Asks every worker to save and exit, and kills those that do not within the grace. A second call kills
   * immediately.
   *
   * @throws RangeError for anything but a stop signal.
   */
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
    this.#scheduler.endWorkers((slot) => slot.stop(signal), 'stopped, but it did not exit');
    this.#scheduler.advance();
  }

  async #runOnce(): Promise<Outcome> {
    const run = this.#run;
    // Without records the first workers start in this turn.
    if (run.options.records !== undefined) await run.recover();
    run.phase = 'running';
    this.#scheduler.advance();
    await this.#workersGone;
    await run.keeper.settled();
    if (run.stopped !== null) run.report({ type: 'stopped', signal: run.stopped });
    await run.reports.settled();
    if (run.feed.failure !== null) throw run.feed.failure.error;
    return run.outcome;
  }
}
