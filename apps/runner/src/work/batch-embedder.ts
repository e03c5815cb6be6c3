import { type BudgetShare, CallBudget, type Isolation } from '@holdfast/coordinator';
import { tokensOf, withinBudget } from '@holdfast/gpu-runtime';
import { DeviceProof } from './device-proof.js';
import { type Embedded, type EmbedRowsOptions, embedRows, requireFinite } from './embed-rows.js';
import { PoisonSearch, type PoisonSearchOptions, type SearchResult } from './poison-search.js';

/**
 * `onCall` is called before a part of a batch is embedded, for blame if the process does not survive it; `onControl` before a
 * control, plain residues as long as these rows, of which one hung; `onReturn` after either, embedded or not: what ends the process
 * then is not its fault.
 */
export interface BatchEmbedderOptions extends Omit<PoisonSearchOptions, 'device'> {
  /** Tokens that the run's batches were planned with. */
  batchTokens: number;
  /** Absent: all of them. */
  budget?: BudgetShare | undefined;
  /** The batch in which rows at fault are searched for, and how far that has come. */
  isolation?: Isolation | undefined;
}

/** A batch that was embedded. */
export type EmbeddedBatch = SearchResult;

/**
 * Embeds batches: each in one call, or in as many as the budget asks for after memory ran out; and one batch by the search for its
 * rows at fault.
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

  /** Whether the batch is the one in which rows at fault are searched for. */
  isolates(batch: number): boolean {
    return this.#options.isolation?.batchIdx === batch;
  }

  /**
   * Embeds a batch.
   *
   * @param only in a search: rows that are embedded, the others being known. Default: all.
   * @returns null when it is to stop amid a search.
   * @throws InferenceError; NonFiniteRowsError for rows that are not finite; in a search UnfitDeviceError.
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
      const callTokens = windows && Math.max(budget, tokensOf(model.source, windows.residues));
      this.#budget.passed(Math.min(padded, callTokens ?? padded));
      first += length;
    }
    return { rows, truncated };
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
