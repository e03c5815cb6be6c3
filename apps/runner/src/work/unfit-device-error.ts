/** A device, or a model, that fails on everything, so its failures say nothing about the sequences. */
export class UnfitDeviceError extends Error {
  /** The coordinator classifies it by this code: never worked, or lost after a failure. */
  readonly code: 'unfit_device' | 'lost_device';
  override readonly name = 'UnfitDeviceError';

  /** @param wasFit whether the model had embedded anything before. */
  constructor(model: string, errorText: string, wasFit: boolean) {
    const since = wasFit ? ' since an earlier failure' : '';
    super(
      `${model} fails even on plain residues${since} (${errorText}), so no sequence is to blame; if this persists, check whether the device is broken or used by another process`,
    );
    this.code = wasFit ? 'lost_device' : 'unfit_device';
  }
}
