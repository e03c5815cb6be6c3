import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { download } from '../device/device-tensor.js';
import { ModelError } from '../model-error.js';
import type { ModelSource } from '../model-source.js';
import type { Tokenized } from '../tokens/subwords.js';
import type { SubwordThread } from '../tokens/thread/subword-thread.js';
import { batchWidth, fillTokens } from '../tokens/token-batch.js';
import { InferenceError } from './inference-error.js';
import { ort } from './ort.js';
import { pool } from './pool.js';
import { ScratchBuffer } from './scratch-buffer.js';

/** An embedded batch. */
export interface Embedded {
  /** Row-major [sequences, dim]. */
  rows: Float32Array;
  /** Indexes of sequences that lost tokens because the model takes no more. */
  truncated: Iterable<number>;
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
        const embedded = { rows: await this.#call(rows), truncated };
        await onProgress?.();
        return embedded;
      }
      const { dim } = this.#source;
      const all = new Float32Array(rows.length * dim);
      for (let i = 0; i < rows.length; i++) {
        all.set(await this.#call(rows.slice(i, i + 1)), i * dim);
        await onProgress?.();
      }
      return { rows: all, truncated };
    };
  }

  /** @param rows the sequences' residues, or their tokens if a tokenizer made them. @returns [rows, dim]. */
  async #call(rows: readonly Uint8Array[] | readonly Int32Array[]): Promise<Float32Array> {
    const { dim, recipe, maxResidues } = this.#source;
    let counts = rows.map(({ length }) => Math.min(length, maxResidues));
    let width = batchWidth(recipe, counts);
    let output: Tensor | undefined;
    let numbers: Float32Array | null = null;
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
      output = (await this.#session.run(feeds, [recipe.output.name]))[recipe.output.name];
      // Only the shape is needed from here on; the data is freed.
      if (output) numbers = await download(output);
    } catch (error) {
      throw this.#failed(error, rows.length, width);
    }
    const { pooling } = recipe.output;
    if (pooling === 'none') return this.#checked(output, numbers, [rows.length, dim]);
    const hidden = this.#checked(output, numbers, [rows.length, width, dim]);
    return pool(pooling, hidden, { width, dim, counts, recipe });
  }

  #failed(error: unknown, sequences: number, tokens: number): InferenceError {
    return new InferenceError({ model: this.#source.name, sequences, tokens }, error);
  }

  #checked(output: Tensor | undefined, numbers: Float32Array | null, shape: number[]): Float32Array {
    const same =
      output?.dims.length === shape.length && shape.every((length, axis) => output.dims[axis] === length);
    if (same && numbers) return numbers;
    throw new ModelError(
      'model_mismatch',
      this.#source.modelPath,
      `returned '${this.#source.recipe.output.name}' as ${output?.type} [${output?.dims}], not float32 [${shape}]`,
      'describe its actual output and pooling in holdfast.json',
    );
  }

  /** Frees the session and ends the thread. */
  async release(): Promise<void> {
    await this.#subwords?.close();
    await this.#session.release();
  }
}
