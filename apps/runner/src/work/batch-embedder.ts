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
  /** The token budget of the run's batches. */
  batchTokens: number;
  /** How much of it a call may use. Absent: all. */
  budget?: BudgetShare | undefined;
  /** The state of the isolation: the batch under search, and what is known. */
  isolation?: Isolation | undefined;
  /** Whether the model still works after a failed call. */
  survivesFailures: boolean;
  /** Names the sequence in a row of a batch, for messages. */
  identify(batch: number, row: number): Promise<{ ordinal: number; id: string }>;
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

/** An embedded batch. */
export interface EmbeddedBatch {
  /** The rows that are not poisoned, row-major and in order. */
  rows: Float32Array;
  poisoned: readonly PoisonedRow[];
  /** How many of these rows lost tokens because their sequence is too long. */
  truncated: number;
  /** The numbers of these rows in the batch, ascending. */
  at: readonly number[];
}

/** The rows of one model call, and the indexes of those that lost tokens. */
interface Embedded {
  rows: Float32Array;
  truncated: readonly number[];
}

/**
 * Embeds batches: each in one call, or in several smaller ones after memory ran out. One batch may be under isolation, which
 * searches for its rows at fault.
 */
export class BatchEmbedder {
  readonly #options: BatchEmbedderOptions;
  readonly #budget: CallBudget;
  /** Whether the model has ever embedded anything, and whether its latest call succeeded. */
  #proven = false;
  #fit = false;

  constructor(options: BatchEmbedderOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.batchTokens, options.budget);
  }

  /** Whether this batch is under isolation. */
  isolates(batch: number): boolean {
    return this.#options.isolation?.batchIdx === batch;
  }

  /**
   * Embeds a batch.
   *
   * @param only during isolation: the rows to embed. Default: all.
   * @returns null if it was stopped during isolation.
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
      // The last call may have raised the budget.
      const budget = this.#budget.tokens;
      const [[, length]] = withinBudget(tokens.slice(first), budget) as [[number, number]];
      const group = Array.from({ length }, (_, i) => first + i);
      await onCall(batch, group, undefined);
      const embedded = await this.#call(batch, residues, { group, windowTokens: budget });
      await onReturn();
      rows.set(embedded.rows, first * dim);
      for (const at of embedded.truncated) truncated.push(first + at);
      const padded = length * Math.max(...tokens.slice(first, first + length));
      // Many windows take many runs of the graph, and no run had more tokens than this.
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
    const keep = (group: readonly number[], embedded: Embedded, except: readonly number[] = []) =>
      group.forEach((row, at) => {
        if (except.includes(row)) return;
        good.set(row, embedded.rows.subarray(at * dim, (at + 1) * dim));
        if (embedded.truncated.includes(at)) truncated.add(row);
      });
    let state = start;
    for (const row of state.poisoned) await onPoisoned(batch, row);
    for (;;) {
      if (stopping()) return null;
      const group = nextGroup(state, residues.length, new Set([...good.keys(), ...known]));
      if (group === null) break;
      // Before a row is blamed, the model must have worked since its last failure. Otherwise the device may be at fault.
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
   * Shows that the device works, before any sequence is blamed.
   *
   * @throws UnfitDeviceError if not even plain residues can be embedded; InferenceError for lack of memory.
   */
  async #prove(): Promise<void> {
    const { model } = this.#options;
    const errorText = await plainResiduesFail(model);
    if (errorText !== null) throw new UnfitDeviceError(model.source.name, errorText, this.#proven);
    this.#proven = true;
    this.#fit = true;
  }

  /**
   * Shows that plain residues as long as a row are embedded within the stall limit. If they are not, the coordinator kills this
   * process.
   *
   * @throws UnfitDeviceError if they fail in another way.
   */
  async #control(batch: number, row: number, length: number, state: Isolation): Promise<void> {
    const { model, onControl, onReturn } = this.#options;
    const { windows, maxResidues, name } = model.source;
    await onControl(batch, [row], state);
    const errorText = await controlFails(model, Math.min(length, windows?.residues ?? maxResidues));
    await onReturn();
    if (errorText !== null) throw new UnfitDeviceError(name, errorText, this.#proven);
  }

  /** One call of the isolation. @throws failures after which the model cannot be called again: all of them if `fragile`. */
  async #try(
    batch: number,
    residues: readonly Uint8Array[],
    group: readonly number[],
    fragile: boolean,
  ): Promise<{ embedded: Embedded | null; failure: GroupFailure | null }> {
    const { model, survivesFailures, onProgress } = this.#options;
    // A sequence alone gets as much memory as possible.
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
      // Without the advice, which does not apply here; and short, since every later call sends it to the coordinator.
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

  /** The error for rows that are not finite. @param group the embedded rows of the batch; absent: all. */
  async #refused(batch: number, faults: readonly NonFiniteRow[], group?: readonly number[]) {
    const sequences = [];
    for (const { row: at, ...fault } of faults) {
      const row = group?.[at] ?? at;
      sequences.push({ row, ...(await this.#options.identify(batch, row)), ...fault });
    }
    return new NonFiniteRowsError(this.#options.model.source.name, batch, sequences);
  }
}

/** A part of a batch for one call: its rows (absent: all), and the token budget for windows (absent or infinite: as planned). */
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
