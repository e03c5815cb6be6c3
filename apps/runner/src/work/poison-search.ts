import { debuglog } from 'node:util';
import {
  type GroupFailure,
  groupFailed,
  groupPassed,
  type Isolation,
  nextGroup,
  type PoisonedRow,
} from '@holdfast/coordinator';
import { type EmbeddingModel, InferenceError, type TokenValues } from '@holdfast/gpu-runtime';
import { errorLine } from '@holdfast/run-folder';
import type { DeviceProof } from './device-proof.js';
import { type Embedded, embedRows, type Identify, requireFinite } from './embed-rows.js';
import { tooLarge, unfitRows } from './unfit-rows.js';

const debug = debuglog('holdfast:worker');

export interface PoisonSearchOptions {
  model: EmbeddingModel;
  device: DeviceProof;
  /** Whether the model still works after a failed call. */
  survivesFailures: boolean;
  /** For messages. */
  identify: Identify;
  /** Checked between calls: whether to stop. */
  stopping(): boolean;
  /** Called before a part of a batch is embedded. These rows are to blame if the process dies. */
  onCall(batch: number, rows: readonly number[], isolation: Isolation | undefined): Promise<void>;
  /** Called before a control: plain residues as long as these rows, one of which hung. If it stalls too, they are not to blame. */
  onControl(batch: number, rows: readonly number[], isolation: Isolation): Promise<void>;
  /** Called after each run of the model's graph. */
  onProgress(): Promise<void>;
  /** Called when a part or a control returned, embedded or not. It is not to blame if the process dies after that. */
  onReturn(): Promise<void>;
  /** Called once for each quarantined row. */
  onPoisoned(batch: number, row: PoisonedRow): Promise<void>;
}

/** The batch that is searched. */
export interface SearchedBatch {
  batch: number;
  residues: readonly Uint8Array[];
  /** Rows to embed, since the others are known; all of them by default. */
  only?: ReadonlySet<number> | undefined;
  /** Tokens of a call that embeds windows of several sequences. */
  windowTokens: number;
}

/** What a search leaves of a batch. */
export interface SearchResult {
  /** The rows that are not poisoned, row-major and in order. */
  rows: Float32Array;
  poisoned: readonly PoisonedRow[];
  /** How many of these rows lost tokens because their sequence is too long. */
  truncated: number;
  /** The numbers of these rows in the batch, ascending. */
  at: readonly number[];
  /** For each of these rows, if the model gives numbers of tokens. */
  values?: readonly TokenValues[];
}

/** Bisects one batch to find the rows at fault, and embeds the others. The state is the coordinator's, so another worker can go on. */
export class PoisonSearch {
  readonly #options: PoisonSearchOptions;
  readonly #in: SearchedBatch;
  readonly #good = new Map<number, Float32Array>();
  readonly #truncated = new Set<number>();
  readonly #values = new Map<number, TokenValues>();

  constructor(options: PoisonSearchOptions, batch: SearchedBatch) {
    this.#options = options;
    this.#in = batch;
  }

  /** @returns null when the worker is to stop before the end. @throws InferenceError, NonFiniteRowsError, UnfitDeviceError. */
  async run(start: Isolation): Promise<SearchResult | null> {
    const { device, onCall, onReturn, onControl, onPoisoned, stopping } = this.#options;
    const { batch, residues, only } = this.#in;
    const known = only === undefined ? [] : [...residues.keys()].filter((row) => !only.has(row));
    let state = start;
    for (const row of state.poisoned) await onPoisoned(batch, row);
    for (;;) {
      if (stopping()) return null;
      const group = nextGroup(state, residues.length, new Set([...this.#good.keys(), ...known]));
      if (group === null) return this.#result(state);
      const [row] = group as [number];
      const alone = group.length === 1;
      await device.require(alone && state.alone.includes(row));
      if (alone && state.hangs) {
        await onControl(batch, [row], state);
        await device.control(residues[row]!.byteLength, onReturn);
      }
      await onCall(batch, group, state);
      const { embedded, failure } = await this.#call(group, state.fragile === true);
      device.called(failure === null);
      debug('batch %d, rows %o: %s', batch, group, failure?.error ?? 'passed');
      await onReturn();
      if (embedded !== null) this.#keep(group, embedded, failure?.faulty);
      const before = state.poisoned.length;
      state =
        failure === null ? groupPassed(state, residues.length, group) : groupFailed(state, group, failure);
      if (state.poisoned.length > before)
        await onPoisoned(batch, state.poisoned.find((each) => each.row === row)!);
    }
  }

  /** @throws whatever leaves the model unfit for another call; any failure if it is `fragile`. */
  async #call(
    group: readonly number[],
    fragile: boolean,
  ): Promise<{ embedded: Embedded | null; failure: GroupFailure | null }> {
    const { model, survivesFailures, identify, onProgress } = this.#options;
    const { batch, residues, windowTokens } = this.#in;
    try {
      // A sequence alone gets as much memory as possible.
      const part = { group, windowTokens: group.length === 1 ? 0 : windowTokens, onProgress };
      const embedded = await embedRows(model, residues, part);
      if (fragile) await requireFinite(embedded, { model, batch, group, identify });
      const faults = unfitRows(embedded, model.source);
      const [first] = faults;
      if (first === undefined) return { embedded, failure: null };
      const faulty = faults.map(({ row }) => group[row]!);
      const why = tooLarge(first.value, model.source);
      const error = `${model.source.name} gave ${first.value} in ${first.place}${why === null ? '' : `: ${why}`}`;
      return { embedded, failure: { kind: 'poison_input', error, faulty } };
    } catch (error) {
      const survives =
        survivesFailures && !fragile && error instanceof InferenceError && error.kind === 'cuda_runtime';
      if (!survives) throw error;
      // Without the advice, which does not apply here; and short, since every later call sends it to the coordinator.
      return { embedded: null, failure: { kind: 'poison_input', error: errorLine(error.reason) } };
    }
  }

  #keep(
    group: readonly number[],
    { rows, truncated, values }: Embedded,
    faulty: readonly number[] = [],
  ): void {
    const { dim } = this.#options.model.source;
    for (const [at, row] of group.entries()) {
      if (faulty.includes(row)) continue;
      this.#good.set(row, rows.subarray(at * dim, (at + 1) * dim));
      if (truncated.includes(at)) this.#truncated.add(row);
      if (values !== undefined) this.#values.set(row, values[at]!);
    }
  }

  #result({ poisoned }: Isolation): SearchResult {
    const { dim } = this.#options.model.source;
    const at = [...this.#good.keys()].sort((a, b) => a - b);
    const rows = new Float32Array(at.length * dim);
    for (const [to, row] of at.entries()) rows.set(this.#good.get(row)!, to * dim);
    const values = at.flatMap((row) => this.#values.get(row) ?? []);
    const more = this.#values.size > 0 && { values };
    return { rows, poisoned, truncated: this.#truncated.size, at, ...more };
  }
}
