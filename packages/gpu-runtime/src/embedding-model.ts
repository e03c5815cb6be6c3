import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { download } from './device-tensor.js';
import { InferenceError } from './inference-error.js';
import { meanPool } from './mean-pool.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { batchWidth, fillTokens } from './token-batch.js';

/** A model that is ready to embed. */
export interface EmbeddingModel {
  readonly source: ModelSource;
  /**
   * Embeds one batch. ONNX Runtime computes on the calling thread: timers and messages wait until the batch is done. Calls made while another is
   * under way are taken in turn.
   *
   * @param sequences ASCII residues in upper case, one array each; not to be changed until this resolves. What the model does not know is read as "other".
   * @returns row-major [sequences.length, source.dim], the caller's to keep.
   * @throws InferenceError, whose `kind` says whether memory ran out; ModelError `model_mismatch` if the output has another shape than described, `model_released`.
   */
  embed(sequences: readonly Uint8Array[]): Promise<Float32Array>;
  /** Frees the session after the calls under way; a second call does nothing. */
  release(): Promise<void>;
}

/** An embedding model on an ONNX Runtime session. */
export class SessionModel implements EmbeddingModel {
  readonly #session: Pick<InferenceSession, 'run' | 'release'>;
  readonly #ids = new ScratchBuffer();
  readonly #mask = new ScratchBuffer();
  #last: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(
    readonly source: ModelSource,
    session: Pick<InferenceSession, 'run' | 'release'>,
  ) {
    this.#session = session;
  }

  embed(sequences: readonly Uint8Array[]): Promise<Float32Array> {
    if (this.#released !== undefined) {
      const remedy = 'load it again with loadModel';
      return Promise.reject(
        new ModelError('model_released', this.source.folder, 'the model was released', remedy),
      );
    }
    // In turn, because all calls share the scratch buffers.
    const rows = this.#last.then(() => this.#embed(sequences));
    this.#last = rows.catch(() => undefined);
    return rows;
  }

  release(): Promise<void> {
    this.#released ??= this.#last.then(() => this.#session.release());
    return this.#released;
  }

  async #embed(sequences: readonly Uint8Array[]): Promise<Float32Array> {
    if (sequences.length === 0) return new Float32Array(0);
    const { name, dim, recipe } = this.source;
    const width = batchWidth(this.source, sequences);
    let residues: number[];
    let output: Tensor | undefined;
    let numbers: Float32Array | null = null;
    try {
      const size = sequences.length * width;
      const bytes = size * (recipe.idType === 'int64' ? 8 : 4);
      const ids = this.#ids.take(bytes);
      const mask = recipe.inputs.mask === undefined ? undefined : this.#mask.take(bytes);
      const words = (buffer: ArrayBuffer) => new Int32Array(buffer, 0, bytes / 4);
      residues = fillTokens(this.source, sequences, width, words(ids), mask && words(mask));
      const tensor = (buffer: ArrayBuffer) =>
        recipe.idType === 'int64'
          ? new Tensor('int64', new BigInt64Array(buffer, 0, size), [sequences.length, width])
          : new Tensor('int32', new Int32Array(buffer, 0, size), [sequences.length, width]);
      const feeds = { [recipe.inputs.ids]: tensor(ids) };
      if (recipe.inputs.mask !== undefined && mask !== undefined) feeds[recipe.inputs.mask] = tensor(mask);
      output = (await this.#session.run(feeds, [recipe.output.name]))[recipe.output.name];
      // The shape outlives what it was the shape of.
      if (output) numbers = await download(output);
    } catch (error) {
      throw new InferenceError({ model: name, sequences: sequences.length, tokens: width }, error);
    }
    const pooled = recipe.output.pooling === 'mean';
    const hidden = this.#checked(
      output,
      numbers,
      pooled ? [sequences.length, width, dim] : [sequences.length, dim],
    );
    return pooled ? meanPool(hidden, residues, { width, dim, offset: recipe.prefix.length }) : hidden;
  }

  #checked(output: Tensor | undefined, numbers: Float32Array | null, shape: number[]): Float32Array {
    const same =
      output?.dims.length === shape.length && shape.every((length, axis) => output.dims[axis] === length);
    if (same && numbers) return numbers;
    throw new ModelError(
      'model_mismatch',
      this.source.modelPath,
      `gave '${this.source.recipe.output.name}' as ${output?.type} [${output?.dims}], not float32 [${shape}]`,
      'describe its output and pooling in holdfast.json as they are',
    );
  }
}
