/** A device, or a model, that fails whatever it is given: of the sequences that failed on it nothing is known. */
export class UnfitDeviceError extends Error {
  /** What the coordinator tells it by: whether it was unfit from the start, or was lost by a failure. */
  readonly code: 'unfit_device' | 'lost_device';
  override readonly name = 'UnfitDeviceError';

  /** @param wasFit whether the model had embedded something before. */
  constructor(model: string, errorText: string, wasFit: boolean) {
    const since = wasFit ? ' since it failed on something' : '';
    super(
      `${model} fails on plain residues as well${since} (${errorText}), so that no sequence is found at fault by that; if it stays so, look whether the device is broken or in use by another`,
    );
    this.code = wasFit ? 'lost_device' : 'unfit_device';
  }
}
