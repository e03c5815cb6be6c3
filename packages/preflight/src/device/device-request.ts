import { object, oneOf, orNull, required, value, whole } from '@holdfast/options';
import type { DeviceRequest } from './device-slots.js';

export const deviceRequest = object<DeviceRequest>({
  kind: required(oneOf(['cuda'])),
  slots: required(whole(1)),
  visible: required(
    value('a string or undefined', (given) => given === undefined || typeof given === 'string'),
  ),
  gpus: required(orNull(whole(0), 'a whole number of at least 0, or null')),
  index: whole(0),
});
