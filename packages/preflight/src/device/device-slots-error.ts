/** The devices that are visible cannot be shared out to workers. */
export class DeviceSlotsError extends Error {
  readonly code = 'device_slots';
  override readonly name = 'DeviceSlotsError';
}
