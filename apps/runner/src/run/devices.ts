import { batchTokensOn, builtInModels, formatDevice, type ModelSource } from '@holdfast/gpu-runtime';
import {
  calibrate,
  chooseDevice,
  type DeviceChoice,
  type DeviceShare,
  NoAnswerError,
  shareDevice,
  tryModel,
} from '@holdfast/preflight';
import { type Layout, type RunRecord, writeRunRecord } from '@holdfast/run-folder';
import { type EmbedOptions, limitsOf } from '../embed-options.js';
import { ExitCode, RunFailedError } from '../errors.js';
import type { Report } from '../events.js';

/** Where a run is computed: what is asked for, tried before a run is begun, and kept by the run from then on. */
export class Devices {
  readonly #options: EmbedOptions;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  /** A model that comes with us is known to be good. */
  readonly #builtIn: string | undefined;
  #chosen: Promise<DeviceChoice> | undefined;

  constructor(options: EmbedOptions, report: Report, signal: AbortSignal) {
    this.#options = options;
    this.#report = report;
    this.#signal = signal;
    this.#builtIn = builtInModels().find(({ name }) => name === options.model)?.name;
  }

  /**
   * Finds out whether a new run's device and model can be used.
   *
   * @throws DeviceError; PreflightError; RunFailedError when the machine gives no answer; the signal's reason.
   */
  async tryForNewRun(): Promise<void> {
    const { model, overrides } = this.#options;
    if (this.#builtIn !== undefined && this.#wish === 'auto') return;
    const { device } = await this.#chooseAnew();
    if (this.#builtIn !== undefined) return;
    const { stallMs } = limitsOf(this.#options);
    const signal = this.#signal;
    await tryModel({ model, overrides, device, stallMs, signal, report: this.#report }).catch(
      (error: unknown) => {
        throw error instanceof NoAnswerError ? new RunFailedError(error.message, ExitCode.unexpected) : error;
      },
    );
  }

  /** Tokens of a batch for a new run: measured where that is asked for, or on a GPU. */
  async batchTokens(model: ModelSource): Promise<number> {
    const { batchTokens, overrides, workers: asked } = this.#options;
    const { device } = await this.#chooseAnew();
    const usual = batchTokensOn(model, device);
    if (batchTokens !== 'auto' && device.kind === 'cpu') return usual;
    const signal = this.#signal;
    const wish = this.#wish;
    const { workers } = await shareDevice({ wish, device, workers: asked, threads: undefined, signal });
    const request = { model: this.#options.model, overrides, usual, device, workers };
    return calibrate({ ...request, signal, report: this.#report });
  }

  /** The run's record with what it is computed on from now on, kept in `run.json`, and how the workers share that. */
  async use(record: RunRecord, place: Layout): Promise<{ record: RunRecord; share: DeviceShare }> {
    const { workers, threads: asked } = this.#options;
    const { device, warnings } = await this.#chooseFor(record.device);
    for (const message of warnings) this.#report({ type: 'warning', message });
    // Runs of before there was a choice had one thread.
    const threads = record.threads ?? (record.device === undefined ? asked : 1);
    const share = await shareDevice({ wish: this.#wish, device, workers, threads, signal: this.#signal });
    const now = { ...record, device: formatDevice(device), threads: share.threads };
    if (now.device !== record.device || now.threads !== record.threads) await writeRunRecord(place.run, now);
    return { record: now, share };
  }

  get #wish() {
    return this.#options.device ?? 'auto';
  }

  #chooseAnew(): Promise<DeviceChoice> {
    this.#chosen ??= this.#choose(undefined);
    return this.#chosen;
  }

  #chooseFor(begunOn: string | undefined): Promise<DeviceChoice> {
    return begunOn === undefined ? this.#chooseAnew() : this.#choose(begunOn);
  }

  #choose(begunOn: string | undefined): Promise<DeviceChoice> {
    const report = this.#report;
    return chooseDevice(this.#wish, { begunOn, report, signal: this.#signal, builtIn: this.#builtIn });
  }
}
