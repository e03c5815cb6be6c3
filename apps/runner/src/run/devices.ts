import {
  batchTokensOn,
  builtInModels,
  type Device,
  formatDevice,
  type ModelSource,
} from '@holdfast/gpu-runtime';
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
import { ExitCode, RunFailedError, UsageError } from '../errors.js';
import type { Report } from '../events.js';

const HALVES_ON_CPU =
  'fp16 is meant for a GPU: on a CPU ONNX Runtime computes in float32 with rounded weights, which takes more memory than --precision fp32 and is no faster';

/** The device of a run's workers, and the run's record with it. */
export interface UsedDevice {
  record: RunRecord;
  share: DeviceShare;
}

/** The device of a run: requested by the command, tested before the run begins, and recorded in the run. */
export class Devices {
  readonly #options: EmbedOptions;
  readonly #source: ModelSource;
  readonly #report: Report;
  readonly #signal: AbortSignal;
  /** The name of a built-in model, which needs no test. */
  readonly builtIn: string | undefined;
  #chosen: Promise<DeviceChoice> | undefined;

  constructor(options: EmbedOptions, source: ModelSource, report: Report, signal: AbortSignal) {
    this.#options = options;
    this.#source = source;
    this.#report = report;
    this.#signal = signal;
    this.builtIn = builtInModels().find(({ name }) => name === options.model)?.name;
  }

  /**
   * Tests whether a new run's device and model work.
   *
   * @throws DeviceError; PreflightError; RunFailedError if a helper does not answer; the signal's reason.
   */
  async tryForNewRun(): Promise<void> {
    const { model, overrides } = this.#options;
    if (this.builtIn !== undefined && this.#wish === 'auto') return;
    const { device } = await this.#chooseForNewRun();
    if (this.builtIn !== undefined || this.#options.elsewhere) return;
    const { stallMs } = limitsOf(this.#options);
    const signal = this.#signal;
    const source = this.#source;
    await tryModel({ model, overrides, source, device, stallMs, signal, report: this.#report }).catch(
      (error: unknown) => {
        throw error instanceof NoAnswerError ? new RunFailedError(error.message, ExitCode.unexpected) : error;
      },
    );
  }

  /** The token budget of a new run: measured if requested, or on a GPU. */
  async batchTokens(): Promise<number> {
    const { batchTokens, overrides, workers: asked } = this.#options;
    const { device } = await this.#chooseForNewRun();
    const usual = batchTokensOn(this.#source, device);
    if (batchTokens !== 'auto' && device.kind === 'cpu') return usual;
    if (this.#options.elsewhere) {
      const message = `the token budget is not measured, since ${formatDevice(device)} is on other machines: ${usual} tokens a batch; --batch-tokens sets another`;
      this.#report({ type: 'warning', message });
      return usual;
    }
    const signal = this.#signal;
    const wish = this.#wish;
    const { proof, weightBytes } = this.#source;
    const asking = { wish, device, workers: asked, weightBytes, threads: undefined, signal };
    const { workers } = await shareDevice(asking);
    const request = { model: this.#options.model, overrides, proof, usual, device, workers };
    return calibrate({ ...request, signal, report: this.#report });
  }

  /** The device that the run is computed on. */
  async deviceFor({ device }: Pick<RunRecord, 'device'>): Promise<Device> {
    return (await this.#chooseFor(device)).device;
  }

  /** Chooses the device and its shares for the workers, and records the device and the threads in `run.json`. @param patiently waits while the disk is full. */
  async use(
    record: RunRecord,
    place: Layout,
    patiently: (write: () => Promise<void>) => Promise<void> = (write) => write(),
  ): Promise<UsedDevice> {
    const used = await this.shareFor(record);
    const { record: now } = used;
    if (now.device !== record.device || now.threads !== record.threads)
      await patiently(() => writeRunRecord(place.run, now));
    return used;
  }

  /** Records a device on other machines, and the threads of a worker there. @throws UsageError for another device than the run's. */
  async record(record: RunRecord, place: Layout, threads: number): Promise<RunRecord> {
    const { device, warnings } = await this.#chooseFor(record.device);
    for (const message of warnings) this.#report({ type: 'warning', message });
    const now = { ...record, device: formatDevice(device), threads: record.threads ?? threads };
    if (now.device !== record.device || now.threads !== record.threads) await writeRunRecord(place.run, now);
    return now;
  }

  /** The same, but records nothing. */
  async shareFor(record: RunRecord): Promise<UsedDevice> {
    const { workers, threads: asked } = this.#options;
    const { device, warnings } = await this.#chooseFor(record.device);
    for (const message of warnings) this.#report({ type: 'warning', message });
    // Runs from before threads could be chosen had one thread.
    const threads = record.threads ?? (record.device === undefined ? asked : 1);
    const { weightBytes } = this.#source;
    const asking = { wish: this.#wish, device, workers, weightBytes, threads, signal: this.#signal };
    const share = await shareDevice(asking);
    if (share.note !== undefined) this.#report({ type: 'warning', message: share.note });
    return { record: { ...record, device: formatDevice(device), threads: share.threads }, share };
  }

  get #wish() {
    return this.#options.device ?? 'auto';
  }

  #chooseForNewRun(): Promise<DeviceChoice> {
    this.#chosen ??= this.#choose(undefined);
    return this.#chosen;
  }

  #chooseFor(begunOn: string | undefined): Promise<DeviceChoice> {
    return begunOn === undefined ? this.#chooseForNewRun() : this.#choose(begunOn);
  }

  async #choose(begunOn: string | undefined): Promise<DeviceChoice> {
    const report = this.#report;
    const options = { begunOn, report, signal: this.#signal, builtIn: this.builtIn };
    const wish = this.#wish;
    const choice =
      this.#options.elsewhere && wish !== 'auto'
        ? { device: wish, warnings: [] }
        : await chooseDevice(wish, options);
    const { device } = choice;
    const precision = this.#options.overrides?.precision;
    if (precision === 'int8' && device.kind !== 'cpu')
      throw new UsageError(
        `--precision int8 is computed on a CPU only, not on ${formatDevice(device)}; add --device cpu, or choose --precision fp32`,
      );
    return precision === 'fp16' && device.kind === 'cpu'
      ? { ...choice, warnings: [...choice.warnings, HALVES_ON_CPU] }
      : choice;
  }
}
