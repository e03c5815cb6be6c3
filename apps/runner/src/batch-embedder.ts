import {
  type BudgetShare,
  groupFailed,
  groupPassed,
  type Isolation,
  nextGroup,
  type PoisonedRow,
} from '@holdfast/coordinator';
import { type EmbeddingModel, InferenceError, tokensOf, withinBudget } from '@holdfast/gpu-runtime';
import { CallBudget } from './call-budget.js';
import { NonFiniteRowsError, nonFiniteRows } from './non-finite-rows.js';

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
  onTrying(batch: number, rows: readonly number[], isolation: Isolation | undefined): Promise<void>;
  /** Told once of each row that is left out. */
  onPoisoned(batch: number, row: PoisonedRow): Promise<void>;
}

/** A batch that was embedded. */
export interface EmbeddedBatch {
  /** Row-major, those that are not poisoned, in order. */
  rows: Float32Array;
  poisoned: readonly PoisonedRow[];
  /** Rows of which tokens were left out. */
  truncated: number;
}

/**
 * Embeds batches: each in one call, or in as many as the budget asks for after memory ran out; and one batch by the search
 * for its rows at fault.
 */
export class BatchEmbedder {
  readonly #options: BatchEmbedderOptions;
  readonly #budget: CallBudget;
  /** What the model had truncated when it was last asked. */
  #truncated: number;

  constructor(options: BatchEmbedderOptions) {
    this.#options = options;
    this.#truncated = options.model.truncated ?? 0;
    this.#budget = new CallBudget(options.batchTokens, options.budget);
  }

  /** Whether the batch is the one in which rows at fault are searched for. */
  isolates(batch: number): boolean {
    return this.#options.isolation?.batchIdx === batch;
  }

  /**
   * Embeds a batch.
   *
   * @returns null when it is to stop amid a search.
   * @throws InferenceError; NonFiniteRowsError for rows that are not finite.
   */
  async embed(batch: number, residues: readonly Uint8Array[]): Promise<EmbeddedBatch | null> {
    const { isolation } = this.#options;
    if (isolation !== undefined && this.isolates(batch)) return this.#search(batch, residues, isolation);
    return {
      rows: await this.#embedWithin(batch, residues),
      poisoned: [],
      truncated: this.#newlyTruncated(),
    };
  }

  #newlyTruncated(): number {
    const before = this.#truncated;
    this.#truncated = this.#options.model.truncated ?? 0;
    return this.#truncated - before;
  }

  async #embedWithin(batch: number, residues: readonly Uint8Array[]): Promise<Float32Array> {
    if (this.#budget.tokens === Number.POSITIVE_INFINITY) return this.#call(batch, residues);
    const { model, onTrying } = this.#options;
    const tokens = residues.map(({ byteLength }) => tokensOf(model.source, byteLength));
    const rows = new Float32Array(residues.length * model.source.dim);
    for (let first = 0; first < residues.length; ) {
      // The budget may have climbed with the call before.
      const [[, length]] = withinBudget(tokens.slice(first), this.#budget.tokens) as [[number, number]];
      const group = Array.from({ length }, (_, i) => first + i);
      await onTrying(batch, group, undefined);
      rows.set(await this.#call(batch, residues, group), first * model.source.dim);
      this.#budget.passed(length * Math.max(...tokens.slice(first, first + length)));
      first += length;
    }
    return rows;
  }

  async #search(
    batch: number,
    residues: readonly Uint8Array[],
    start: Isolation,
  ): Promise<EmbeddedBatch | null> {
    const { model, onTrying, onPoisoned, stopping } = this.#options;
    const { dim } = model.source;
    const good = new Map<number, Float32Array>();
    const keep = (group: readonly number[], rows: Float32Array, but: readonly number[] = []) =>
      group.forEach((row, at) => {
        if (!but.includes(row)) good.set(row, rows.subarray(at * dim, (at + 1) * dim));
      });
    let state = start;
    for (const row of state.poisoned) await onPoisoned(batch, row);
    for (;;) {
      if (stopping()) return null;
      const group = nextGroup(state, residues.length, new Set(good.keys()));
      if (group === null) break;
      await onTrying(batch, group, state);
      const found = await this.#try(residues, group);
      if (found.rows !== null) keep(group, found.rows, found.failure?.faulty);
      const known = state.poisoned.length;
      state =
        found.failure === null
          ? groupPassed(state, residues.length, group)
          : groupFailed(state, group, found.failure);
      if (state.poisoned.length > known) {
        const [row] = group;
        await onPoisoned(batch, state.poisoned.find((each) => each.row === row)!);
      }
    }
    const rows = new Float32Array(good.size * dim);
    const order = [...good.keys()].sort((a, b) => a - b);
    for (const [at, row] of order.entries()) rows.set(good.get(row)!, at * dim);
    return { rows, poisoned: state.poisoned, truncated: this.#newlyTruncated() };
  }

  /** One call of a search. @throws what leaves the model unfit for another. */
  async #try(residues: readonly Uint8Array[], group: readonly number[]) {
    const { model, survivesFailures } = this.#options;
    try {
      const rows = await model.embed(group.map((row) => residues[row]!));
      const faults = nonFiniteRows(rows, model.source.dim);
      if (faults.length === 0) return { rows, failure: null };
      const faulty = faults.map(({ row }) => group[row]!);
      const [{ value, column }] = faults as [(typeof faults)[0]];
      const error = `${model.source.name} gave ${value} in column ${column}`;
      return { rows, failure: { kind: 'poison_input' as const, error, faulty } };
    } catch (error) {
      const survives = survivesFailures && error instanceof InferenceError && error.kind === 'cuda_runtime';
      if (!survives) throw error;
      // Without the advice that is for whoever does not search.
      const said = error.cause instanceof Error ? error.cause.message : error.message;
      return { rows: null, failure: { kind: 'poison_input' as const, error: said } };
    }
  }

  /** @param group rows of the batch; absent: all. */
  async #call(
    batch: number,
    residues: readonly Uint8Array[],
    group?: readonly number[],
  ): Promise<Float32Array> {
    const { model } = this.#options;
    const rows = await model.embed(group === undefined ? residues : group.map((row) => residues[row]!));
    const faults = nonFiniteRows(rows, model.source.dim);
    if (faults.length === 0) return rows;
    const sequences = [];
    for (const { row: at, ...fault } of faults) {
      const row = group?.[at] ?? at;
      sequences.push({ row, ...(await this.#options.identify(batch, row)), ...fault });
    }
    throw new NonFiniteRowsError(model.source.name, batch, sequences);
  }
}
