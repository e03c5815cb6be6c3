import type { CoordinatorOptions } from '../options.js';
import { ShardReportError } from './shard-report-error.js';

/** Reports shards that have failed, while the others go on; what went wrong with that is kept until the run's end. */
export class ShardReports {
  readonly #onShardFailed: CoordinatorOptions['onShardFailed'];
  readonly #pending: Promise<ShardReportError | null>[] = [];

  constructor(onShardFailed: CoordinatorOptions['onShardFailed']) {
    this.#onShardFailed = onShardFailed;
  }

  add(shard: number, message: string): void {
    const told = Promise.resolve()
      .then(() => this.#onShardFailed?.(shard, message))
      .then(
        () => null,
        (cause: unknown) => new ShardReportError(shard, { cause }),
      );
    this.#pending.push(told);
  }

  /** Resolves once all are taken. @throws ShardReportError for the first that was not. */
  async settled(): Promise<void> {
    const unreported = (await Promise.all(this.#pending)).find((error) => error !== null);
    if (unreported) throw unreported;
  }
}
