import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { download } from '../device/device-tensor.js';
import { graphOutputs, ownDim } from '../model/more-outputs.js';
import type { Pooling } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import type { ModelSource } from '../model-source.js';
import type { Tokenized } from '../tokens/subwords.js';
import type { SubwordThread } from '../tokens/thread/subword-thread.js';
import { batchWidth, fillTokens } from '../tokens/token-batch.js';
import { InferenceError } from './inference-error.js';
import { ort } from './ort.js';
import { besides, pool } from './pool.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { type TokenValues, tokenValues } from './token-values.js';

/** An embedded batch. */
export interface Embedded {
  /** Row-major [sequences, dim]. */
  rows: Float32Array;
  /** Indexes of sequences that lost tokens because the model takes no more. */
  truncated: Iterable<number>;
  /** For each sequence, if the recipe asks for numbers of tokens. */
  values?: readonly TokenValues[];
}

/**
 * Embeds a batch that was begun. One at a time.
 *
 * @param onProgress called and awaited after each call of the model.
 */
export type Begun = (onProgress?: () => Promise<void> | void) => Promise<Embedded>;

/** Embeds batches. */
export interface BatchCalls {
  /**
   * Begins a batch. If the model has a tokenizer, this starts it in its thread and returns immediately.
   *
   * @param windowTokens see `EmbedOptions`.
   */
  begin(sequences: readonly Uint8Array[], windowTokens: number): Begun;
}

export type Session = Pick<InferenceSession, 'run' | 'release'>;
export type Subwording = Pick<SubwordThread, 'encode' | 'close'>;

/** An output of a call. */
interface Output {
  tensor: Tensor;
  /** Null for other numbers than floats. */
  numbers: Float32Array | null;
}

/** One call of the model for each batch: tokens in, rows out. */
export class SessionCalls implements BatchCalls {
  readonly #source: ModelSource;
  readonly #session: Session;
  readonly #subwords: Subwording | undefined;
  readonly #ids = new ScratchBuffer();
  readonly #mask = new ScratchBuffer();
  /** Zeros; never written to. */
  readonly #types = new ScratchBuffer();

  constructor(source: ModelSource, session: Session, subwords: Subwording | undefined) {
    this.#source = source;
    this.#session = session;
    this.#subwords = subwords;
  }

  begin(sequences: readonly Uint8Array[]): Begun {
    const { maxResidues } = this.#source;
    const tokens = this.#subwords?.encode(sequences.map((residues) => residues.subarray(0, maxResidues)));
    // Whoever awaits the tokens handles a failure.
    tokens?.catch(() => undefined);
    return async (onProgress) => {
      let made: Tokenized | undefined;
      try {
        made = await tokens;
      } catch (error) {
        throw this.#failed(error, sequences.length, 0);
      }
      const rows = made?.tokens ?? sequences;
      const truncated = made?.truncated ?? [];
      if (this.#source.recipe.singly === undefined) {
        const embedded = { ...(await this.#call(rows)), truncated };
        await onProgress?.();
        return embedded;
      }
      const { dim } = this.#source;
      const all = new Float32Array(rows.length * dim);
      const values: TokenValues[] = [];
      for (let i = 0; i < rows.length; i++) {
        const one = await this.#call(rows.slice(i, i + 1));
        all.set(one.rows, i * dim);
        if (one.values !== undefined) values.push(...one.values);
        await onProgress?.();
      }
      return { rows: all, truncated, ...(values.length > 0 && { values }) };
    };
  }

  /** @param rows the sequences' residues, or their tokens if a tokenizer made them. */
  async #call(
    rows: readonly Uint8Array[] | readonly Int32Array[],
  ): Promise<Pick<Embedded, 'rows' | 'values'>> {
    const { dim, recipe, maxResidues } = this.#source;
    let counts = rows.map(({ length }) => Math.min(length, maxResidues));
    let width = batchWidth(recipe, counts);
    const outputs = new Map<string, Output>();
    try {
      const bytesOf = (size: number) => size * (recipe.idType === 'int64' ? 8 : 4);
      const bytes = bytesOf(rows.length * width);
      const ids = this.#ids.take(bytes);
      const mask = recipe.inputs.mask === undefined ? undefined : this.#mask.take(bytes);
      const words = (buffer: ArrayBuffer) => new Int32Array(buffer, 0, bytes / 4);
      counts = fillTokens(recipe, rows, counts, { width, ids: words(ids), mask: mask && words(mask) });
      // Residues that share a token make fewer than were counted; one sequence needs no padding.
      if (recipe.singly) width = batchWidth(recipe, counts);
      const size = rows.length * width;
      const tensor = (buffer: ArrayBuffer) =>
        recipe.idType === 'int64'
          ? new ort.Tensor('int64', new BigInt64Array(buffer, 0, size), [rows.length, width])
          : new ort.Tensor('int32', new Int32Array(buffer, 0, size), [rows.length, width]);
      const feeds = { [recipe.inputs.ids]: tensor(ids) };
      if (recipe.inputs.mask !== undefined && mask !== undefined) feeds[recipe.inputs.mask] = tensor(mask);
      if (recipe.inputs.types !== undefined)
        feeds[recipe.inputs.types] = tensor(this.#types.take(bytesOf(size)));
      const names = graphOutputs(recipe);
      const made = await this.#session.run(feeds, names);
      for (const name of names) {
        const tensor = made[name];
        // Only the shape is needed from here on; the data is freed.
        if (tensor) outputs.set(name, { tensor, numbers: await download(tensor) });
      }
    } catch (error) {
      throw this.#failed(error, rows.length, width);
    }
    const checked = (name: string, ...shape: number[]) => this.#checked(name, outputs.get(name), shape);
    const { name, pooling } = recipe.output;
    const n = rows.length;
    if (pooling === 'none') return { rows: checked(name, n, dim) };
    const own = ownDim(dim, recipe.more);
    const hidden = checked(name, n, width, own);
    const pooled = pool(pooling, hidden, { width, dim: own, counts, recipe });
    if (recipe.more === undefined) return { rows: pooled };
    const { rows: others = [], tokens = [], pairs = [] } = recipe.more;
    const numbers = new Map([[name, hidden]]);
    for (const { of, dim: columns } of [...others, ...tokens])
      numbers.set(of, checked(of, n, width, columns));
    const between = width - this.#source.specialTokens;
    for (const { of } of pairs) numbers.set(of, checked(of, n, between, between));
    const parts = others.map((each) =>
      pool(each.pooling as Exclude<Pooling, 'none'>, numbers.get(each.of)!, {
        width,
        dim: each.dim,
        counts,
        recipe,
      }),
    );
    return {
      rows: besides([pooled, ...parts], n),
      ...(tokens.length + pairs.length > 0 && {
        values: tokenValues(recipe.more, numbers, { width, counts, recipe }),
      }),
    };
  }

  #failed(error: unknown, sequences: number, tokens: number): InferenceError {
    return new InferenceError({ model: this.#source.name, sequences, tokens }, error);
  }

  #checked(name: string, output: Output | undefined, shape: number[]): Float32Array {
    const dims = output?.tensor.dims;
    const same = dims?.length === shape.length && shape.every((length, axis) => dims[axis] === length);
    if (same && output?.numbers) return output.numbers;
    throw new ModelError(
      'model_mismatch',
      this.#source.modelPath,
      `returned '${name}' as ${output?.tensor.type} [${dims}], not float32 [${shape}]`,
      'describe its actual output and pooling in holdfast.json',
    );
  }

  /** Frees the session and ends the thread. */
  async release(): Promise<void> {
    await this.#subwords?.close();
    await this.#session.release();
  }
}
