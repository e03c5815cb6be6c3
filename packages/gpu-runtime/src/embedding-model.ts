import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { download } from './device-tensor.js';
import { InferenceError } from './inference-error.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { pool } from './pool.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { Subwords } from './subwords.js';
import { batchWidth, fillTokens } from './token-batch.js';
import { cutWindows, joinWindows, type Windows, withinBudget } from './windows.js';

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
  /**
   * Sequences so far of which tokens were left out, those of their end or of a window's, because the model takes no more. It
   * grows when a batch is embedded, so that reading it before and after tells of that one batch; a batch that fails counts
   * nothing. Sequences of which only `maxResidues` were read are not counted, since a plan knows them. Absent: none.
   */
  readonly truncated?: number;
  /** Frees the session after the calls under way; a second call does nothing. */
  release(): Promise<void>;
}

/** An embedding model on an ONNX Runtime session. */
export class SessionModel implements EmbeddingModel {
  readonly #session: Pick<InferenceSession, 'run' | 'release'>;
  readonly #ids = new ScratchBuffer();
  readonly #mask = new ScratchBuffer();
  /** Zeros, never written to. */
  readonly #types = new ScratchBuffer();
  readonly #subwords: Subwords | undefined;
  #truncated = 0;
  #last: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(
    readonly source: ModelSource,
    session: Pick<InferenceSession, 'run' | 'release'>,
  ) {
    this.#session = session;
    const { tokenizer } = source.recipe;
    this.#subwords = tokenizer === undefined ? undefined : new Subwords(tokenizer, source);
  }

  get truncated(): number {
    return this.#truncated;
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
    const { windows } = this.source;
    const long = windows !== undefined && sequences.some(({ byteLength }) => byteLength > windows.residues);
    const truncated = new Set<number>();
    const rows = long
      ? await this.#embedWindows(sequences, windows, truncated)
      : await this.#embedBatch(sequences, (at) => truncated.add(at));
    this.#truncated += truncated.size;
    return rows;
  }

  /** One sequence may be many windows, so that they are taken in batches of their own. */
  async #embedWindows(
    sequences: readonly Uint8Array[],
    windows: Windows,
    truncated: Set<number>,
  ): Promise<Float32Array> {
    const { dim, batchTokens, specialTokens, recipe } = this.source;
    const cut = cutWindows(windows, sequences);
    const rows = new Float32Array(cut.pieces.length * dim);
    const tokens = cut.pieces.map(({ byteLength }) => byteLength + specialTokens);
    for (const [first, end] of withinBudget(tokens, batchTokens)) {
      const embedded = await this.#embedBatch(cut.pieces.slice(first, end), (at) =>
        truncated.add(cut.owners[first + at]!),
      );
      rows.set(embedded, first * dim);
    }
    const greatest = recipe.output.pooling === 'max';
    return joinWindows(rows, cut, { sequences: sequences.length, dim, greatest });
  }

  /** @param onTruncated told the index of each sequence whose tokens are too many. */
  async #embedBatch(
    sequences: readonly Uint8Array[],
    onTruncated: (at: number) => void,
  ): Promise<Float32Array> {
    const { name, dim, recipe, maxResidues } = this.source;
    let width = 0;
    let counts: number[];
    let output: Tensor | undefined;
    let numbers: Float32Array | null = null;
    try {
      const rows = this.#rows(sequences, onTruncated);
      counts = rows.map(({ length }) => Math.min(length, maxResidues));
      width = batchWidth(recipe, counts);
      const size = sequences.length * width;
      const bytes = size * (recipe.idType === 'int64' ? 8 : 4);
      const ids = this.#ids.take(bytes);
      const mask = recipe.inputs.mask === undefined ? undefined : this.#mask.take(bytes);
      const words = (buffer: ArrayBuffer) => new Int32Array(buffer, 0, bytes / 4);
      fillTokens(recipe, rows, counts, { width, ids: words(ids), mask: mask && words(mask) });
      const tensor = (buffer: ArrayBuffer) =>
        recipe.idType === 'int64'
          ? new Tensor('int64', new BigInt64Array(buffer, 0, size), [sequences.length, width])
          : new Tensor('int32', new Int32Array(buffer, 0, size), [sequences.length, width]);
      const feeds = { [recipe.inputs.ids]: tensor(ids) };
      if (recipe.inputs.mask !== undefined && mask !== undefined) feeds[recipe.inputs.mask] = tensor(mask);
      if (recipe.inputs.types !== undefined) feeds[recipe.inputs.types] = tensor(this.#types.take(bytes));
      output = (await this.#session.run(feeds, [recipe.output.name]))[recipe.output.name];
      // The shape outlives what it was the shape of.
      if (output) numbers = await download(output);
    } catch (error) {
      throw new InferenceError({ model: name, sequences: sequences.length, tokens: width }, error);
    }
    const { pooling } = recipe.output;
    if (pooling === 'none') return this.#checked(output, numbers, [sequences.length, dim]);
    const hidden = this.#checked(output, numbers, [sequences.length, width, dim]);
    return pool(pooling, hidden, { width, dim, counts, recipe });
  }

  #rows(
    sequences: readonly Uint8Array[],
    onTruncated: (at: number) => void,
  ): readonly Uint8Array[] | readonly Int32Array[] {
    const subwords = this.#subwords;
    if (subwords === undefined) return sequences;
    const { maxResidues } = this.source;
    return sequences.map((sequence, at) => {
      const { ids, truncated } = subwords.encode(sequence.subarray(0, maxResidues));
      if (truncated) onTruncated(at);
      return ids;
    });
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
