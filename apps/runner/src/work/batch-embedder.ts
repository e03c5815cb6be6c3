import { debuglog } from 'node:util';
import {
  type BudgetShare,
  type GroupFailure,
  groupFailed,
  groupPassed,
  type Isolation,
  nextGroup,
  type PoisonedRow,
} from '@holdfast/coordinator';
import {
  controlFails,
  type EmbeddingModel,
  InferenceError,
  type NonFiniteRow,
  nonFiniteRows,
  plainResiduesFail,
  tokensOf,
  withinBudget,
} from '@holdfast/gpu-runtime';
import { errorLine } from '@holdfast/run-folder';
import { CallBudget } from './call-budget.js';
import { NonFiniteRowsError } from './non-finite-rows-error.js';
import { UnfitDeviceError } from './unfit-device-error.js';

const debug = debuglog('holdfast:worker');

export interface BatchEmbedderOptions {
  model: EmbeddingModel;
  /** Tokens that the run's batches were planned with. */
  batchTokens: number;
  /** Absent: all of them. */
  budget?: BudgetShare | undefined;
  /** The batch in which rows at fault are searched for, and how far that has come. */
  isolation?: Isolation | undefined;
  /** Whether the model can still be used after a call that failed. */
  survivesFailures: boolean;
  /** Which sequence is in a row of a batch, for messages. */
  identify(batch: number, row: number): Promise<{ ordinal: number; id: string }>;
  /** Asked between calls: whether to leave. */
  stopping(): boolean;
  /** Told before a part of a batch is embedded, for blame if the process does not survive it. */
  onCall(batch: number, rows: readonly number[], isolation: Isolation | undefined): Promise<void>;
  /** Told before a control: plain residues as long as these rows, of which one hung. If it takes too long, they are not why. */
  onControl(batch: number, rows: readonly number[], isolation: Isolation): Promise<void>;
  /** Told after each run of the model's graph. */
  onProgress(): Promise<void>;
  /** Told when a part or a control has come back, embedded or not: what ends the process now is not its fault. */
  onReturn(): Promise<void>;
  /** Told once of each row that is left out. */
  onPoisoned(batch: number, row: PoisonedRow): Promise<void>;
}

/** A batch that was embedded. */
export interface EmbeddedBatch {
  /** Row-major, those that are not poisoned, in order. */
  rows: Float32Array;
  poisoned: readonly PoisonedRow[];
  /** How many of these rows tokens were left out of. */
  truncated: number;
  /** Which rows of the batch these are, ascending. */
  at: readonly number[];
}

/** Rows of one model call, and the indexes of those of which tokens were left out. */
interface Embedded {
  rows: Float32Array;
  truncated: readonly number[];
}

/**
 * Embeds batches: each in one call, or in as many as the budget asks for after memory ran out; and one batch by the search
 * for its rows at fault.
 */
export class BatchEmbedder {
  readonly #options: BatchEmbedderOptions;
  readonly #budget: CallBudget;
  /** Whether the model has embedded anything yet, and whether it did when it was last called. */
  #proven = false;
  #fit = false;

  constructor(options: BatchEmbedderOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.batchTokens, options.budget);
  }

  /** Whether the batch is the one in which rows at fault are searched for. */
  isolates(batch: number): boolean {
    return this.#options.isolation?.batchIdx === batch;
  }

  /**
   * Embeds a batch.
   *
   * @param only in a search: rows that are embedded, the others being known. Default: all.
   * @returns null when it is to stop amid a search.
   * @throws InferenceError; NonFiniteRowsError for rows that are not finite.
   */
  async embed(
    batch: number,
    residues: readonly Uint8Array[],
    only?: ReadonlySet<number>,
  ): Promise<EmbeddedBatch | null> {
    const { isolation } = this.#options;
    if (isolation !== undefined && this.isolates(batch))
      return this.#search(batch, residues, isolation, only);
    const { rows, truncated } = await this.#embedWithin(batch, residues);
    return { rows, poisoned: [], truncated: truncated.length, at: [...residues.keys()] };
  }

  async #embedWithin(batch: number, residues: readonly Uint8Array[]): Promise<Embedded> {
    if (this.#budget.tokens === Number.POSITIVE_INFINITY) return this.#call(batch, residues);
    const { model, onCall, onReturn } = this.#options;
    const { dim, windows } = model.source;
    const tokens = residues.map(({ byteLength }) => tokensOf(model.source, byteLength));
    const rows = new Float32Array(residues.length * dim);
    const truncated: number[] = [];
    for (let first = 0; first < residues.length; ) {
      // The budget may have climbed with the call before.
      const budget = this.#budget.tokens;
      const [[, length]] = withinBudget(tokens.slice(first), budget) as [[number, number]];
      const group = Array.from({ length }, (_, i) => first + i);
      await onCall(batch, group, undefined);
      const embedded = await this.#call(batch, residues, { group, windowTokens: budget });
      await onReturn();
      rows.set(embedded.rows, first * dim);
      for (const at of embedded.truncated) truncated.push(first + at);
      const padded = length * Math.max(...tokens.slice(first, first + length));
      // Many windows are many runs of the graph, and none had more than this.
      const run = windows && Math.max(budget, tokensOf(model.source, windows.residues));
      this.#budget.passed(Math.min(padded, run ?? padded));
      first += length;
    }
    return { rows, truncated };
  }

  async #search(
    batch: number,
    residues: readonly Uint8Array[],
    start: Isolation,
    only?: ReadonlySet<number>,
  ): Promise<EmbeddedBatch | null> {
    const { model, onCall, onReturn, onPoisoned, stopping } = this.#options;
    const { dim } = model.source;
    const good = new Map<number, Float32Array>();
    const known = only === undefined ? [] : [...residues.keys()].filter((row) => !only.has(row));
    const truncated = new Set<number>();
    const keep = (group: readonly number[], embedded: Embedded, but: readonly number[] = []) =>
      group.forEach((row, at) => {
        if (but.includes(row)) return;
        good.set(row, embedded.rows.subarray(at * dim, (at + 1) * dim));
        if (embedded.truncated.includes(at)) truncated.add(row);
      });
    let state = start;
    for (const row of state.poisoned) await onPoisoned(batch, row);
    for (;;) {
      if (stopping()) return null;
      const group = nextGroup(state, residues.length, new Set([...good.keys(), ...known]));
      if (group === null) break;
      // Nothing is found at fault by a model that has not shown since it last failed that it is not the device.
      const [row] = group as [number];
      const judges = group.length === 1 && state.alone.includes(row);
      if (!this.#proven || (judges && !this.#fit)) await this.#prove();
      if (group.length === 1 && state.hangs)
        await this.#control(batch, row, residues[row]!.byteLength, state);
      await onCall(batch, group, state);
      const found = await this.#try(batch, residues, group, state.fragile === true);
      this.#fit = found.failure === null;
      debug('batch %d, rows %o: %s', batch, group, found.failure?.error ?? 'passed');
      await onReturn();
      if (found.embedded !== null) keep(group, found.embedded, found.failure?.faulty);
      const before = state.poisoned.length;
      state =
        found.failure === null
          ? groupPassed(state, residues.length, group)
          : groupFailed(state, group, found.failure);
      if (state.poisoned.length > before)
        await onPoisoned(batch, state.poisoned.find((each) => each.row === row)!);
    }
    const rows = new Float32Array(good.size * dim);
    const order = [...good.keys()].sort((a, b) => a - b);
    for (const [at, row] of order.entries()) rows.set(good.get(row)!, at * dim);
    return { rows, poisoned: state.poisoned, truncated: truncated.size, at: order };
  }

  /**
   * Shows that it is not the device, before sequences are found at fault.
   *
   * @throws UnfitDeviceError if not even plain residues are embedded; InferenceError for want of memory.
   */
  async #prove(): Promise<void> {
    const { model } = this.#options;
    const errorText = await plainResiduesFail(model);
    if (errorText !== null) throw new UnfitDeviceError(model.source.name, errorText, this.#proven);
    this.#proven = true;
    this.#fit = true;
  }

  /**
   * Shows that plain residues as long as a row are embedded within the stall limit. Whoever watches ends the process where
   * they are not.
   *
   * @throws UnfitDeviceError if they fail otherwise.
   */
  async #control(batch: number, row: number, length: number, state: Isolation): Promise<void> {
    const { model, onControl, onReturn } = this.#options;
    const { windows, maxResidues, name } = model.source;
    await onControl(batch, [row], state);
    const errorText = await controlFails(model, Math.min(length, windows?.residues ?? maxResidues));
    await onReturn();
    if (errorText !== null) throw new UnfitDeviceError(name, errorText, this.#proven);
  }

  /** One call of a search. @throws what leaves the model unfit for another: each failure if it is `fragile`. */
  async #try(
    batch: number,
    residues: readonly Uint8Array[],
    group: readonly number[],
    fragile: boolean,
  ): Promise<{ embedded: Embedded | null; failure: GroupFailure | null }> {
    const { model, survivesFailures, onProgress } = this.#options;
    // Alone, a sequence is given as much room as there can be.
    const windowTokens = group.length === 1 ? 0 : this.#budget.tokens;
    try {
      const embedded = await embedRows(model, residues, { group, windowTokens, onProgress });
      const faults = nonFiniteRows(embedded.rows, model.source.dim);
      if (faults.length === 0) return { embedded, failure: null };
      if (fragile) throw await this.#refused(batch, faults, group);
      const faulty = faults.map(({ row }) => group[row]!);
      const [{ value, column }] = faults as [(typeof faults)[0]];
      const error = `${model.source.name} gave ${value} in column ${column}`;
      return { embedded, failure: { kind: 'poison_input', error, faulty } };
    } catch (error) {
      const survives =
        survivesFailures && !fragile && error instanceof InferenceError && error.kind === 'cuda_runtime';
      if (!survives) throw error;
      // Without the advice that is for whoever does not search, and short, as it goes to the coordinator with every further call.
      return { embedded: null, failure: { kind: 'poison_input', error: errorLine(error.reason) } };
    }
  }

  async #call(batch: number, residues: readonly Uint8Array[], part: BatchPart = {}): Promise<Embedded> {
    const { model, onProgress } = this.#options;
    const embedded = await embedRows(model, residues, { ...part, onProgress });
    const faults = nonFiniteRows(embedded.rows, model.source.dim);
    if (faults.length > 0) throw await this.#refused(batch, faults, part.group);
    this.#proven = true;
    this.#fit = true;
    return embedded;
  }

  /** What is said of rows that are not finite. @param group rows of the batch that were embedded; absent: all. */
  async #refused(batch: number, faults: readonly NonFiniteRow[], group?: readonly number[]) {
    const sequences = [];
    for (const { row: at, ...fault } of faults) {
      const row = group?.[at] ?? at;
      sequences.push({ row, ...(await this.#options.identify(batch, row)), ...fault });
    }
    return new NonFiniteRowsError(this.#options.model.source.name, batch, sequences);
  }
}

/** What of a batch is embedded in one call: rows of it, absent: all, and windows in runs of so many tokens, absent or infinite: as planned. */
interface BatchPart {
  group?: readonly number[];
  windowTokens?: number;
  onProgress?: () => Promise<void>;
}

async function embedRows(
  model: EmbeddingModel,
  residues: readonly Uint8Array[],
  { group, windowTokens, onProgress }: BatchPart,
): Promise<Embedded> {
  const truncated: number[] = [];
  const rows = await model.embed(group === undefined ? residues : group.map((row) => residues[row]!), {
    ...(windowTokens !== undefined && Number.isFinite(windowTokens) ? { windowTokens } : {}),
    onTruncated: (at) => truncated.push(at),
    ...(onProgress && { onProgress }),
  });
  return { rows, truncated };
}
