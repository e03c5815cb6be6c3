import { controlFails, type EmbeddingModel, plainResiduesFail } from '@holdfast/gpu-runtime';
import { UnfitDeviceError } from './unfit-device-error.js';

/** Whether a model has shown that it embeds on its device, so that what fails next can be held against a sequence. */
export class DeviceProof {
  readonly #model: EmbeddingModel;
  /** Whether it has embedded anything yet, and whether its last call succeeded. */
  #proven = false;
  #fit = false;

  constructor(model: EmbeddingModel) {
    this.#model = model;
  }

  /** A call has returned. */
  called(succeeded: boolean): void {
    if (succeeded) this.#proven = true;
    this.#fit = succeeded;
  }

  /**
   * Before a sequence is found at fault: embeds plain residues, unless that is already shown.
   *
   * @param judges whether the next call decides about a sequence; then the last call must have succeeded too.
   * @throws UnfitDeviceError if even plain residues fail; InferenceError for lack of memory.
   */
  async require(judges: boolean): Promise<void> {
    if (this.#proven && (this.#fit || !judges)) return;
    this.#refuse(await plainResiduesFail(this.#model));
    this.called(true);
  }

  /**
   * Embeds plain residues as long as a row. The coordinator ends this process if that takes longer than the stall limit.
   *
   * @throws UnfitDeviceError if they fail otherwise.
   */
  async control(length: number, onReturn: () => Promise<void>): Promise<void> {
    const { windows, maxResidues } = this.#model.source;
    const errorText = await controlFails(this.#model, Math.min(length, windows?.residues ?? maxResidues));
    await onReturn();
    this.#refuse(errorText);
  }

  #refuse(errorText: string | null): void {
    if (errorText !== null) throw new UnfitDeviceError(this.#model.source.name, errorText, this.#proven);
  }
}
