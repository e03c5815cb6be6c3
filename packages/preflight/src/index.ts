export { calibrate } from './calibration/calibrate.js';
export type { Enough } from './calibration/calibration.js';
export { chooseDevice, type DeviceChoice, type DeviceWish } from './device/choose-device.js';
export { type DeviceShare, shareDevice } from './device/device-share.js';
export { type DoctorOptions, doctor } from './machine/doctor.js';
export { tryModel } from './model/try-model.js';
export { comparePrecisions, type PrecisionCost } from './precision/compare-precisions.js';
export { NoAnswerError, PreflightError } from './preflight-error.js';
export type { PreflightEvent } from './preflight-events.js';
