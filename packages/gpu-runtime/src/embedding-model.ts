import { setImmediate as turn } from 'node:timers/promises';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { download } from './device-tensor.js';
import { InferenceError } from './inference-error.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { pool } from './pool.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { SubwordThread } from './subword-thread.js';
import type { Tokenized } from './subwords.js';
import { batchWidth, fillTokens } from './token-batch.js';
import { type CutSequences, cutWindows, joinWindows, withinBudget } from './windows.js';

/** A model that is ready to embed. */
export interface EmbeddingModel {
  readonly source: ModelSource;
  /**
   * Embeds one batch. ONNX Runtime computes on the calling thread: timers and messages wait until the batch is done. Calls made while another is
   * under way are taken in turn; where a tokenizer makes the tokens, it begins at once, in a thread of its own, so that a caller who is one call
   * ahead has the device wait for no tokens.
   *
   * @param sequences ASCII residues in upper case, one array each; not to be changed until this resolves. What the model does not know is read as "other".
   * @returns row-major [sequences.length, source.dim], the caller's to keep.
   * @throws InferenceError, whose `kind` says whether memory ran out; ModelError `model_mismatch` if the output has another shape than described, `model_released`.
   */
  embed(sequences: readonly Uint8Array[]): Promise<Float32Array>;
  /**
   * Sequences and windows embedded so far whose tokens were more than the model takes, so that their end was left out; those of which
   * `maxResidues` were read are not counted, since a plan knows them. Absent: none. Those of a call are added just before it resolves.
   */
  readonly truncated?: number;
  /** Frees the session, and ends the thread, after the calls under way; a second call does nothing. */
  release(): Promise<void>;
}

/** What one call of a model computes. */
interface Plan {
  /** Sequences or windows of them, each batch for one run of the session. */
  batches: readonly (readonly Uint8Array[])[];
  /** Whose windows they are, where some sequence is cut. */
  cut?: CutSequences;
}

function subwordsOf({ folder, maxTokens, specialTokens, recipe }: ModelSource): SubwordThread | undefined {
  if (recipe.tokenizer === undefined) return undefined;
  const limits = { specialTokens, ...(maxTokens === undefined ? {} : { maxTokens }) };
  return new SubwordThread({ files: recipe.tokenizer, folder, ...limits });
}

/** An embedding model on an ONNX Runtime session. */
export class SessionModel implements EmbeddingModel {
  readonly #session: Pick<InferenceSession, 'run' | 'release'>;
  readonly #ids = new ScratchBuffer();
  readonly #mask = new ScratchBuffer();
  /** Zeros, never written to. */
  readonly #types = new ScratchBuffer();
  readonly #subwords: Pick<SubwordThread, 'encode' | 'close'> | undefined;
  #truncated = 0;
  #last: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(
    readonly source: ModelSource,
    session: Pick<InferenceSession, 'run' | 'release'>,
    subwords: Pick<SubwordThread, 'encode' | 'close'> | undefined = subwordsOf(source),
  ) {
    this.#session = session;
    this.#subwords = subwords;
  }

  get truncated(): number {
    return this.#truncated;
  }

  async embed(sequences: readonly Uint8Array[]): Promise<Float32Array> {
    if (this.#released !== undefined) {
      const remedy = 'load it again with loadModel';
      throw new ModelError('model_released', this.source.folder, 'the model was released', remedy);
    }
    if (sequences.length === 0) return new Float32Array(0);
    const plan = this.#plan(sequences);
    const tokens = this.#tokens(plan.batches[0]);
    // In turn, because all calls share the scratch buffers.
    const rows = this.#last.then(() => this.#embed(sequences.length, plan, tokens));
    this.#last = rows.catch(() => undefined);
    return rows;
  }

  release(): Promise<void> {
    this.#released ??= this.#last.then(async () => {
      await this.#subwords?.close();
      await this.#session.release();
    });
    return this.#released;
  }

  /** One sequence may be many windows, so that they are taken in batches of their own. */
  #plan(sequences: readonly Uint8Array[]): Plan {
    const { windows, batchTokens, specialTokens } = this.source;
    if (windows === undefined || sequences.every(({ byteLength }) => byteLength <= windows.residues))
      return { batches: [sequences] };
    const cut = cutWindows(windows, sequences);
    const tokens = cut.pieces.map(({ byteLength }) => byteLength + specialTokens);
    const runs = withinBudget(tokens, batchTokens);
    return { batches: runs.map(([first, end]) => cut.pieces.slice(first, end)), cut };
  }

  /** Has the thread make tokens, where there is one, and returns before it has. A failure is that of who awaits them. */
  #tokens(sequences: readonly Uint8Array[] | undefined): Promise<Tokenized> | undefined {
    const { maxResidues } = this.source;
    const made =
      sequences && this.#subwords?.encode(sequences.map((residues) => residues.subarray(0, maxResidues)));
    made?.catch(() => undefined);
    return made;
  }

  async #embed(
    sequences: number,
    { batches, cut }: Plan,
    first: Promise<Tokenized> | undefined,
  ): Promise<Float32Array> {
    const { dim, recipe } = this.source;
    // Whoever waited for the call before has now the time to make the next, whose tokens are then made while this one computes.
    if (first !== undefined) await turn();
    if (cut === undefined) return this.#embedBatch(batches[0]!, first);
    const rows = new Float32Array(cut.pieces.length * dim);
    let tokens = first;
    let done = 0;
    for (const [i, pieces] of batches.entries()) {
      const ready = tokens;
      tokens = this.#tokens(batches[i + 1]);
      rows.set(await this.#embedBatch(pieces, ready), done * dim);
      done += pieces.length;
    }
    const greatest = recipe.output.pooling === 'max';
    return joinWindows(rows, cut, { sequences, dim, greatest });
  }

  async #embedBatch(
    sequences: readonly Uint8Array[],
    tokens: Promise<Tokenized> | undefined,
  ): Promise<Float32Array> {
    const { name, dim, recipe, maxResidues } = this.source;
    let width = 0;
    let counts: number[];
    let output: Tensor | undefined;
    let numbers: Float32Array | null = null;
    let truncated = 0;
    try {
      const made = await tokens;
      truncated = made?.truncated ?? 0;
      const rows = made?.tokens ?? sequences;
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
    this.#truncated += truncated;
    const { pooling } = recipe.output;
    if (pooling === 'none') return this.#checked(output, numbers, [sequences.length, dim]);
    const hidden = this.#checked(output, numbers, [sequences.length, width, dim]);
    return pool(pooling, hidden, { width, dim, counts, recipe });
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
