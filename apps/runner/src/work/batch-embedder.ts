import { type BudgetShare, CallBudget, type Isolation } from '@holdfast/coordinator';
import { type TokenValues, tokensOf, withinBudget } from '@holdfast/gpu-runtime';
import { DeviceProof } from './device-proof.js';
import { type Embedded, type EmbedRowsOptions, embedRows, requireFinite } from './embed-rows.js';
import { PoisonSearch, type PoisonSearchOptions, type SearchResult } from './poison-search.js';

export interface BatchEmbedderOptions extends Omit<PoisonSearchOptions, 'device'> {
  /** The token budget of the run's batches. */
  batchTokens: number;
  /** How much of it a call may use. Absent: all. */
  budget?: BudgetShare | undefined;
  /** The state of the isolation: the batch under search, and what is known. */
  isolation?: Isolation | undefined;
}

export type EmbeddedBatch = SearchResult;

/**
 * Embeds batches: each in one call, or in several smaller ones after memory ran out. One batch may be under isolation, which
 * searches for its rows at fault.
 */
export class BatchEmbedder {
  readonly #options: BatchEmbedderOptions;
  readonly #budget: CallBudget;
  readonly #device: DeviceProof;

  constructor(options: BatchEmbedderOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.batchTokens, options.budget);
    this.#device = new DeviceProof(options.model);
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
   * @throws InferenceError; NonFiniteRowsError for rows that are not finite; during isolation UnfitDeviceError.
   */
  async embed(
    batch: number,
    residues: readonly Uint8Array[],
    only?: ReadonlySet<number>,
  ): Promise<EmbeddedBatch | null> {
    const { isolation } = this.#options;
    if (isolation !== undefined && this.isolates(batch)) {
      const within = { batch, residues, only, windowTokens: this.#budget.tokens };
      return new PoisonSearch({ ...this.#options, device: this.#device }, within).run(isolation);
    }
    const { rows, truncated, values } = await this.#embedWithin(batch, residues);
    const at = [...residues.keys()];
    return { rows, poisoned: [], truncated: truncated.length, at, ...(values && { values }) };
  }

  async #embedWithin(batch: number, residues: readonly Uint8Array[]): Promise<Embedded> {
    if (this.#budget.tokens === Number.POSITIVE_INFINITY) return this.#call(batch, residues);
    const { model, onCall, onReturn } = this.#options;
    const { dim, windows } = model.source;
    const tokens = residues.map(({ byteLength }) => tokensOf(model.source, byteLength));
    const rows = new Float32Array(residues.length * dim);
    const truncated: number[] = [];
    const values: TokenValues[] = [];
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
      if (embedded.values !== undefined) values.push(...embedded.values);
      const padded = length * Math.max(...tokens.slice(first, first + length));
      // Many windows take many runs of the graph, and no run had more tokens than this.
      const callTokens = windows && Math.max(budget, tokensOf(model.source, windows.residues));
      this.#budget.passed(Math.min(padded, callTokens ?? padded));
      first += length;
    }
    return { rows, truncated, ...(values.length > 0 && { values }) };
  }

  async #call(
    batch: number,
    residues: readonly Uint8Array[],
    part: Omit<EmbedRowsOptions, 'onProgress'> = {},
  ): Promise<Embedded> {
    const { model, identify, onProgress } = this.#options;
    const embedded = await embedRows(model, residues, { ...part, onProgress });
    await requireFinite(embedded, { model, batch, ...(part.group && { group: part.group }), identify });
    this.#device.called(true);
    return embedded;
  }
}
