import type { CoordinatorOptions } from '../options.js';
import { ShardReportError } from './shard-report-error.js';

/** Reports failed shards while the others go on; keeps errors of the reports until the run ends. */
export class ShardReports {
  readonly #onShardFailed: CoordinatorOptions['onShardFailed'];
  readonly #pending: Promise<ShardReportError | null>[] = [];

  constructor(onShardFailed: CoordinatorOptions['onShardFailed']) {
    this.#onShardFailed = onShardFailed;
  }

  add(shard: number, message: string): void {
    const report = Promise.resolve()
      .then(() => this.#onShardFailed?.(shard, message))
      .then(
        () => null,
        (cause: unknown) => new ShardReportError(shard, { cause }),
      );
    this.#pending.push(report);
  }

  /** Resolves once all reports were accepted. @throws ShardReportError for the first that was not. */
  async settled(): Promise<void> {
    const unreported = (await Promise.all(this.#pending)).find((error) => error !== null);
    if (unreported) throw unreported;
  }
}
