import { atLeast, callback, checkOptions, object } from '@holdfast/options';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { batchTokensOn } from './batch-tokens.js';
import { checkSequences } from './check-sequences.js';
import { CPU, type Device } from './device.js';
import { download } from './device-tensor.js';
import { InferenceError } from './inference-error.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import { ort } from './ort.js';
import { pool } from './pool.js';
import { ScratchBuffer } from './scratch-buffer.js';
import { SubwordThread } from './subword-thread.js';
import type { Tokenized } from './subwords.js';
import { batchWidth, fillTokens } from './token-batch.js';
import { type CutSequences, cutWindows, joinWindows, withinBudget } from './windows.js';

/** How one batch is embedded, and what is told of it. */
export interface EmbedOptions {
  /**
   * Tokens, padding included, that one run of the graph may have where a sequence is many windows; one window has as many as it has.
   * Default: what `batchTokensOn` says of the model and its device.
   */
  windowTokens?: number | undefined;
  /**
   * Told, once all of the batch is embedded, the index of each sequence of which tokens were left out, those of its end or of
   * a window's, because the model takes no more. Not told of those of which only `maxResidues` were read, since a plan knows them.
   */
  onTruncated?(at: number): void;
  /** Told after each run of the graph, of which a batch with many windows has many; the next waits until this resolves. */
  onProgress?(): Promise<void> | void;
}

const embedOptions = object<EmbedOptions>({
  windowTokens: atLeast(0, 'tokens'),
  onTruncated: callback,
  onProgress: callback,
});

/** A model that is ready to embed. */
export interface EmbeddingModel {
  readonly source: ModelSource;
  /**
   * Where a tokenizer makes the tokens: begins to make those of a batch, in a thread of its own, so that `embed`, called with the
   * same array later, waits for none. Worth a call before the batch before it is embedded. Does nothing for other models.
   *
   * @param sequences as for `embed`; copied before this returns.
   * @throws SequenceError as `embed` does.
   */
  prepare?(sequences: readonly Uint8Array[]): void;
  /**
   * Embeds one batch. ONNX Runtime computes on the calling thread: timers and messages wait until the batch is done. Calls made while another is
   * under way are taken in turn.
   *
   * @param sequences printable ASCII, residues in upper case, one array each; not to be changed until this resolves. A letter the model does not know
   * is read as "other"; `letterRules` tells which. An empty array is a sequence without residues.
   * @returns row-major [sequences.length, source.dim], the caller's to keep.
   * @throws SequenceError for what is no `Uint8Array` of printable ASCII; InferenceError, whose `kind` says whether memory ran out; ModelError `model_mismatch` if the output has another shape than described, `model_released`.
   */
  embed(sequences: readonly Uint8Array[], options?: EmbedOptions): Promise<Float32Array>;
  /** Frees the session, and ends the thread, after the calls under way; a second call does nothing. */
  release(): Promise<void>;
}

/** What one call of a model computes. */
interface Plan {
  /** Sequences or windows of them, each batch for one run of the session. */
  batches: readonly (readonly Uint8Array[])[];
  /** Whose windows they are, where some sequence is cut. */
  cut?: CutSequences;
  /** Those of the first batch, where a tokenizer makes them. */
  tokens: Promise<Tokenized> | undefined;
  /** See `EmbedOptions`. */
  onProgress?: () => Promise<void> | void;
}

function subwordsOf({ folder, maxTokens, specialTokens, recipe }: ModelSource): SubwordThread | undefined {
  if (recipe.tokenizer === undefined) return undefined;
  const limits = { specialTokens, ...(maxTokens === undefined ? {} : { maxTokens }) };
  return new SubwordThread({ files: recipe.tokenizer, folder, ...limits });
}

/** An embedding model on an ONNX Runtime session. */
export class SessionModel implements EmbeddingModel {
  readonly #session: Pick<InferenceSession, 'run' | 'release'>;
  /** Tokens of a run of the graph, where a sequence is many windows. */
  readonly #windowTokens: number;
  readonly #ids = new ScratchBuffer();
  readonly #mask = new ScratchBuffer();
  /** Zeros, never written to. */
  readonly #types = new ScratchBuffer();
  readonly #subwords: Pick<SubwordThread, 'encode' | 'close'> | undefined;
  readonly #prepared = new WeakMap<readonly Uint8Array[], Plan>();
  #last: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(
    readonly source: ModelSource,
    session: Pick<InferenceSession, 'run' | 'release'>,
    subwords: Pick<SubwordThread, 'encode' | 'close'> | undefined = subwordsOf(source),
    device: Pick<Device, 'kind'> = CPU,
  ) {
    this.#session = session;
    this.#windowTokens = batchTokensOn(source, device);
    this.#subwords = subwords;
  }

  prepare(sequences: readonly Uint8Array[]): void {
    checkSequences(sequences);
    const idle = this.#subwords === undefined || this.#released !== undefined;
    if (!idle && sequences.length > 0)
      this.#prepared.set(sequences, this.#plan(sequences, this.#windowTokens));
  }

  async embed(sequences: readonly Uint8Array[], options: EmbedOptions = {}): Promise<Float32Array> {
    checkOptions('embed', options, embedOptions);
    const { windowTokens, onProgress } = options;
    if (this.#released !== undefined) {
      const remedy = 'load it again with loadModel';
      throw new ModelError('model_released', this.source.folder, 'the model was released', remedy);
    }
    checkSequences(sequences);
    if (sequences.length === 0) return new Float32Array(0);
    const prepared = windowTokens === undefined ? this.#prepared.get(sequences) : undefined;
    const planned = prepared ?? this.#plan(sequences, windowTokens ?? this.#windowTokens);
    const plan = onProgress === undefined ? planned : { ...planned, onProgress };
    this.#prepared.delete(sequences);
    const truncated = new Set<number>();
    // In turn, because all calls share the scratch buffers.
    const embedded = this.#last.then(() => this.#embed(sequences.length, plan, truncated));
    this.#last = embedded.catch(() => undefined);
    const rows = await embedded;
    for (const at of truncated) options.onTruncated?.(at);
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
  #plan(sequences: readonly Uint8Array[], windowTokens: number): Plan {
    const { windows, specialTokens } = this.source;
    const whole =
      windows === undefined || sequences.every(({ byteLength }) => byteLength <= windows.residues);
    const cut = whole ? undefined : cutWindows(windows, sequences);
    const tokens = cut?.pieces.map(({ byteLength }) => byteLength + specialTokens);
    const batches =
      cut && tokens
        ? withinBudget(tokens, windowTokens).map(([first, end]) => cut.pieces.slice(first, end))
        : [sequences];
    return { batches, ...(cut && { cut }), tokens: this.#tokens(batches[0]) };
  }

  /** Has the thread make tokens, where there is one, and returns before it has. A failure is that of who awaits them. */
  #tokens(sequences: readonly Uint8Array[] | undefined): Promise<Tokenized> | undefined {
    const { maxResidues } = this.source;
    const made =
      sequences && this.#subwords?.encode(sequences.map((residues) => residues.subarray(0, maxResidues)));
    made?.catch(() => undefined);
    return made;
  }

  async #embed(sequences: number, plan: Plan, truncated: Set<number>): Promise<Float32Array> {
    const { cut, batches, tokens, onProgress } = plan;
    if (cut !== undefined) return this.#embedWindows(sequences, { ...plan, cut }, truncated);
    const rows = await this.#embedBatch(batches[0]!, tokens, (at) => truncated.add(at));
    await onProgress?.();
    return rows;
  }

  async #embedWindows(
    sequences: number,
    { batches, cut, tokens: first, onProgress }: Plan & { cut: CutSequences },
    truncated: Set<number>,
  ): Promise<Float32Array> {
    const { dim, recipe } = this.source;
    const rows = new Float32Array(cut.pieces.length * dim);
    let tokens = first;
    let done = 0;
    for (const [i, pieces] of batches.entries()) {
      const ready = tokens;
      const before = done;
      tokens = this.#tokens(batches[i + 1]);
      const embedded = await this.#embedBatch(pieces, ready, (at) => truncated.add(cut.owners[before + at]!));
      rows.set(embedded, done * dim);
      done += pieces.length;
      await onProgress?.();
    }
    const greatest = recipe.output.pooling === 'max';
    return joinWindows(rows, cut, { sequences, dim, greatest });
  }

  /** @param onTruncated told the index of each sequence whose tokens are too many. */
  async #embedBatch(
    sequences: readonly Uint8Array[],
    tokens: Promise<Tokenized> | undefined,
    onTruncated: (at: number) => void,
  ): Promise<Float32Array> {
    const { name, dim, recipe, maxResidues } = this.source;
    let width = 0;
    let counts: number[];
    let output: Tensor | undefined;
    let numbers: Float32Array | null = null;
    try {
      const made = await tokens;
      for (const at of made?.truncated ?? []) onTruncated(at);
      const rows = made?.tokens ?? sequences;
      counts = rows.map(({ length }) => Math.min(length, maxResidues));
      width = batchWidth(recipe, counts);
      const size = sequences.length * width;
      const bytes = size * (recipe.idType === 'int64' ? 8 : 4);
      const ids = this.#ids.take(bytes);
      const mask = recipe.inputs.mask === undefined ? undefined : this.#mask.take(bytes);
      const words = (buffer: ArrayBuffer) => new Int32Array(buffer, 0, bytes / 4);
      counts = fillTokens(recipe, rows, counts, { width, ids: words(ids), mask: mask && words(mask) });
      const tensor = (buffer: ArrayBuffer) =>
        recipe.idType === 'int64'
          ? new ort.Tensor('int64', new BigInt64Array(buffer, 0, size), [sequences.length, width])
          : new ort.Tensor('int32', new Int32Array(buffer, 0, size), [sequences.length, width]);
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
