import type { Layout, RunRecord } from '@holdfast/run-folder';
import type { EmbedOptions, Stop } from '../embed-options.js';
import type { Report } from '../events.js';

/** A run that is planned for several machines. Its folder is locked until it is disposed of. */
export interface PlannedWork extends AsyncDisposable {
  place: Layout;
  record: RunRecord;
  resumed: boolean;
  shards: number;
  /** Not complete. */
  left: readonly number[];
  /** The result is there, nothing to do. */
  finished: boolean;
}

export async function planWork(
  _options: EmbedOptions,
  _cluster: { slots: number; threads?: number; elsewhere: boolean; leaseSec?: number },
  _report: Report,
  _stop: Stop,
): Promise<PlannedWork> {
  throw new Error('not yet');
}
