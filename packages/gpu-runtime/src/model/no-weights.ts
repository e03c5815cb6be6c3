import { readFile, readlink, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { unknownType } from '@holdfast/model-zoo';
import { ModelError } from '../model-error.js';
import { downloadAgain } from './download-again.js';
import { CONFIG } from './exported-folder.js';

const COPY = 'copy the whole model folder';

/** The error for a folder with the configuration of a known family, and nothing that it configures; null for any other folder. */
export async function noWeights(folder: string): Promise<ModelError | null> {
  const config = await readFile(join(folder, CONFIG), 'utf8').catch(() => 'null');
  if (!isOfFamily(config)) return null;
  const path = join(folder, 'model.safetensors');
  return new ModelError(
    'model_file_missing',
    path,
    'is missing, and the folder has no other weights (pytorch_model.bin, or an exported model.onnx)',
    downloadAgain(path, COPY),
  );
}

function isOfFamily(config: string): boolean {
  try {
    return unknownType(JSON.parse(config)) === null;
  } catch {
    return false;
  }
}

/** The error for a symbolic link that leads nowhere; null if there is no link. */
export async function brokenLink(path: string): Promise<ModelError | null> {
  const target = await readlink(path).catch(() => null);
  if (target === null) return null;
  return new ModelError(
    'model_not_found',
    path,
    `is a link to ${resolve(dirname(path), target)}, which is not there`,
    downloadAgain(path, 'mend the link, or give the model itself'),
  );
}

/** @throws ModelError `model_load` for a file of weights without a byte. */
export async function refuseEmpty(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size > 0) return;
  throw new ModelError('model_load', path, 'is empty', downloadAgain(path, 'download or copy it again'));
}
