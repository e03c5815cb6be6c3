import { object, oneOf, orNull, required, value, whole } from '@holdfast/options';

export interface DeviceRequest {
  kind: 'cuda';
  /** Workers at a time, at least 1. */
  slots: number;
  /** `CUDA_VISIBLE_DEVICES` of this process; undefined where it is not set. */
  visible: string | undefined;
  /** GPUs of this machine, visible or not; null where that is not known. */
  gpus: number | null;
  /** The one device that all slots are to have, counted from 0 among those that are visible now. Default: all in turn. */
  index?: number;
}

export const deviceRequest = object<DeviceRequest>({
  kind: required(oneOf(['cuda'])),
  slots: required(whole(1)),
  visible: required(
    value('a string or undefined', (given) => given === undefined || typeof given === 'string'),
  ),
  gpus: required(orNull(whole(0), 'a whole number of at least 0, or null')),
  index: whole(0),
});
