import type { ValueFormat, WriteFormat } from './format.js';
import { npyValues, writeNpy } from './npy.js';
import { ptValues, writePtResult } from './pt.js';
import { safetensorsValues, writeSafetensors } from './safetensors.js';

export type { Numbers, Result, ValueFormat, Values, WriteFormat } from './format.js';
export { npyHolds, writeArray } from './npy.js';
export { writeTensors } from './safetensors.js';

/** The output formats by name, which is also the file extension. */
export const formats: Readonly<Record<'safetensors' | 'npy' | 'pt', WriteFormat>> = {
  safetensors: writeSafetensors,
  npy: writeNpy,
  pt: writePtResult,
};

export type FormatName = keyof typeof formats;

/** How each format holds numbers of tokens. */
export const valueFormats: Readonly<Record<FormatName, ValueFormat>> = {
  safetensors: safetensorsValues,
  npy: npyValues,
  pt: ptValues,
};
