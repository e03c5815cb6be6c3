import { object, oneOf, orNull, required, value, whole } from '@holdfast/options';

export interface DeviceRequest {
  kind: 'cuda';
  /** Workers at a time, at least 1. */
  slots: number;
  /** `CUDA_VISIBLE_DEVICES` of this process; undefined if not set. */
  visible: string | undefined;
  /** GPUs of this machine, visible or not; null if unknown. */
  gpus: number | null;
  /** The one device for all slots, numbered from 0 among the visible ones. Default: all in turn. */
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
