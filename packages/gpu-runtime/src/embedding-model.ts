import { atLeast, callback, checkOptions, object } from '@holdfast/options';
import { CPU, type Device } from './device/device.js';
import { ModelError } from './model-error.js';
import type { ModelSource } from './model-source.js';
import {
  type BatchCalls,
  type Begun,
  type Session,
  SessionCalls,
  type Subwording,
} from './onnx/session-calls.js';
import type { TokenValues } from './onnx/token-values.js';
import { batchTokensOn } from './sequences/batch-tokens.js';
import { checkSequences } from './sequences/check-sequences.js';
import { WindowedCalls } from './sequences/windowed-calls.js';
import { PieceTokens } from './tokens/pieces.js';
import { SubwordThread } from './tokens/thread/subword-thread.js';

/** Options of one batch. */
export interface EmbedOptions {
  /**
   * Token budget of one call of the model, padding included, for a sequence of many windows. A single window
   * may exceed it. Default: `batchTokensOn` for the model and its device.
   */
  windowTokens?: number | undefined;
  /**
   * Called after the whole batch is embedded, with the index of each sequence that lost tokens because the
   * model takes no more, at its end or at a window's end. Not called for sequences cut to `maxResidues`: the
   * plan already knows those.
   */
  onTruncated?(at: number): void;
  /**
   * Called after the whole batch is embedded, for each sequence, if the model's recipe asks for numbers of tokens.
   *
   * @param at index of the sequence.
   */
  onValues?(at: number, values: TokenValues): void;
  /** Called after each call of the model; many windows take several. Awaited before the next call. */
  onProgress?(): Promise<void> | void;
}

const embedOptions = object<EmbedOptions>({
  windowTokens: atLeast(0, 'tokens'),
  onTruncated: callback,
  onValues: callback,
  onProgress: callback,
});

/** A model that is ready to embed. */
export interface EmbeddingModel {
  readonly source: ModelSource;
  /**
   * Starts tokenizing a batch in the tokenizer's thread, so a later `embed` with the same array need not
   * wait. Call it before embedding the preceding batch. Does nothing for a model without a tokenizer.
   *
   * @param sequences as for `embed`; copied before this returns.
   * @throws SequenceError as `embed` does.
   */
  prepare?(sequences: readonly Uint8Array[]): void;
  /**
   * Embeds one batch. ONNX Runtime computes on the calling thread: timers and messages wait until the batch
   * is done. Concurrent calls are queued.
   *
   * @param sequences printable ASCII, residues in upper case, one array each; do not change them until this
   * resolves. A letter the model does not know is read as "other"; see `letterRules`. An empty array is a
   * sequence without residues.
   * @returns row-major [sequences.length, source.dim], the caller's to keep.
   * @throws SequenceError for anything but a `Uint8Array` of printable ASCII; InferenceError, whose `kind`
   * tells lack of memory from other failures; ModelError `model_mismatch` if the output does not have the
   * described shape, `model_released` after `release()`.
   */
  embed(sequences: readonly Uint8Array[], options?: EmbedOptions): Promise<Float32Array>;
  /** Frees the session and ends the tokenizer's thread after pending calls; a second call does nothing. */
  release(): Promise<void>;
}

function subwordsOf({ folder, maxTokens, specialTokens, recipe }: ModelSource): Subwording | undefined {
  if (recipe.pieces !== undefined) {
    const pieces = new PieceTokens(recipe);
    const most = maxTokens === undefined ? undefined : maxTokens - specialTokens;
    return { encode: async (sequences) => pieces.encode(sequences, most), close: async () => undefined };
  }
  if (recipe.tokenizer === undefined) return undefined;
  const limits = { specialTokens, ...(maxTokens === undefined ? {} : { maxTokens }) };
  return new SubwordThread({ files: recipe.tokenizer, folder, ...limits });
}

/** An embedding model on an ONNX Runtime session. */
export class SessionModel implements EmbeddingModel {
  readonly #session: SessionCalls;
  readonly #calls: BatchCalls;
  /** Token budget of one call of the model, for a sequence of many windows. */
  readonly #windowTokens: number;
  readonly #hasThread: boolean;
  readonly #prepared = new WeakMap<readonly Uint8Array[], Begun>();
  #last: Promise<unknown> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(
    readonly source: ModelSource,
    session: Session,
    subwords: Subwording | undefined = subwordsOf(source),
    device: Pick<Device, 'kind'> = CPU,
  ) {
    const { windows } = source;
    this.#session = new SessionCalls(source, session, subwords);
    this.#calls = windows === undefined ? this.#session : new WindowedCalls(this.#session, windows, source);
    this.#windowTokens = batchTokensOn(source, device);
    this.#hasThread = subwords !== undefined;
  }

  prepare(sequences: readonly Uint8Array[]): void {
    checkSequences(sequences);
    const idle = !this.#hasThread || this.#released !== undefined;
    if (!idle && sequences.length > 0)
      this.#prepared.set(sequences, this.#calls.begin(sequences, this.#windowTokens));
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
    const begun = prepared ?? this.#calls.begin(sequences, windowTokens ?? this.#windowTokens);
    this.#prepared.delete(sequences);
    // Queued, because all calls share the scratch buffers.
    const embedded = this.#last.then(() => begun(onProgress));
    this.#last = embedded.catch(() => undefined);
    const { rows, truncated, values = [] } = await embedded;
    for (const at of truncated) options.onTruncated?.(at);
    for (const [at, each] of values.entries()) options.onValues?.(at, each);
    return rows;
  }

  release(): Promise<void> {
    this.#released ??= this.#last.then(() => this.#session.release());
    return this.#released;
  }
}
