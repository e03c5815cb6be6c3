/** The visible devices cannot be shared among the workers. */
export class DeviceSlotsError extends Error {
  readonly code = 'device_slots';
  override readonly name = 'DeviceSlotsError';
}
