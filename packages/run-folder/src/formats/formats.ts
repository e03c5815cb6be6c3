import type { WriteFormat } from './format.js';
import { writeNpy } from './npy.js';
import { writePtResult } from './pt.js';
import { writeSafetensors } from './safetensors.js';

export type { Result, WriteFormat } from './format.js';

/** The output formats by name, which is also the file extension. */
export const formats: Readonly<Record<'safetensors' | 'npy' | 'pt', WriteFormat>> = {
  safetensors: writeSafetensors,
  npy: writeNpy,
  pt: writePtResult,
};

export type FormatName = keyof typeof formats;
