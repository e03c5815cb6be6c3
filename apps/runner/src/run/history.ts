import { hostname } from 'node:os';
import { debuglog } from 'node:util';
import { versionsHere } from '@holdfast/preflight';
import {
  type Provenance,
  provenanceOf,
  type RunRecord,
  type RunStart,
  type RunStarts,
  readRunStarts,
  withStart,
  writeRunStarts,
} from '@holdfast/run-folder';
import { version } from '../version.js';
import type { Request } from './request.js';

const debug = debuglog('holdfast:run');

/** What rows are computed with. */
export interface Computing {
  record: RunRecord;
  share: { workers: number; threads: number };
}

/** Keeps the record of the starts of a run, and adds this command to it. */
export class RunHistory {
  readonly #path: string;
  readonly #run: string;
  readonly #before: RunStarts;
  #start: RunStart;

  private constructor(path: string, run: string, before: RunStarts, start: RunStart) {
    this.#path = path;
    this.#run = run;
    this.#before = before;
    this.#start = start;
  }

  /** This command begins to compute or join. @param used null: it computes nothing so far. */
  static async begin(
    { place, options, heartbeat, report }: Pick<Request, 'place' | 'options' | 'heartbeat' | 'report'>,
    { fingerprint }: RunRecord,
    used: Computing | null,
  ): Promise<RunHistory> {
    const before = await readRunStarts(place.starts, fingerprint).catch((error: Error): RunStarts => {
      const message = `${place.starts} is damaged (${error.message}), so earlier starts of the run are no longer known; the result does not depend on them`;
      report({ type: 'warning', message });
      return { starts: [], left_out: 0 };
    });
    const { command, settings } = options.invocation ?? {};
    const start: RunStart = {
      started: heartbeat.started.toISOString(),
      host: hostname(),
      ...versionsHere(),
      holdfast: version,
      platform: `${process.platform} ${process.arch}`,
      ...(command && { command: [...command] }),
      ...(settings && { settings: settings.map(({ option, value, from }) => ({ option, value, from })) }),
    };
    const history = new RunHistory(place.starts, fingerprint, before, start);
    await history.computes(used);
    return history;
  }

  /** Rows are computed from now on. */
  async computes(used: Computing | null): Promise<void> {
    if (used !== null) {
      const { workers, threads } = used.share;
      this.#start = {
        ...this.#start,
        ...(used.record.device && { device: used.record.device }),
        workers,
        threads,
      };
    }
    await writeRunStarts(this.#path, this.#run, withStart(this.#before, this.#start));
  }

  /** The provenance of a result that is complete now. */
  provenance(record: RunRecord): Provenance {
    this.#start = { ...this.#start, ended: new Date().toISOString() };
    return provenanceOf(record, withStart(this.#before, this.#start));
  }

  /** The command ends, whatever the outcome. A failure to write that changes nothing. */
  async end(): Promise<void> {
    const start = { ...this.#start, ended: new Date().toISOString() };
    await writeRunStarts(this.#path, this.#run, withStart(this.#before, start)).catch((error) =>
      debug('%s cannot be written: %s', this.#path, error),
    );
  }
}
