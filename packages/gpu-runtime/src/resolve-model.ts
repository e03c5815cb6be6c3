import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BUILT_IN, builtInFolder } from './built-in.js';
import type { Description } from './description.js';
import { DESCRIPTOR, readDescriptor } from './descriptor.js';
import { CONFIG, readEsmFolder } from './esm-folder.js';
import { fingerprintOf } from './fingerprint.js';
import { ModelError } from './model-error.js';
import { unreadable } from './model-files.js';
import type { ModelSource } from './model-source.js';

const GRAPH = 'model.onnx';

/**
 * Finds a model and says what it is, without loading it; the graph is read once, for the fingerprint.
 *
 * @param nameOrPath the name of a built-in model (`tnf`), or else the path of a folder: with a `holdfast.json`, or as Hugging Face
 * exports ESM-2. A folder that has a built-in model's name is reached by `./name`.
 * @throws ModelError with a code for each cause; see {@link ModelErrorCode}.
 */
export async function resolveModel(nameOrPath: string): Promise<ModelSource> {
  const folder = BUILT_IN.includes(nameOrPath) ? builtInFolder(nameOrPath) : resolve(nameOrPath);
  const description = await describe(folder);
  const modelPath = join(folder, GRAPH);
  if (!(await isThere(modelPath, 'file'))) {
    throw unreadable(modelPath, Object.assign(new Error('no such file'), { code: 'ENOENT' }));
  }
  const { alphabet, dim, columns, maxResidues, recipe } = description;
  return {
    ...description,
    folder,
    modelPath,
    specialTokens: recipe.prefix.length + recipe.suffix.length,
    fingerprint: await fingerprintOf(folder, { alphabet, dim, columns, maxResidues, recipe }),
  };
}

async function describe(folder: string): Promise<Description> {
  if (!(await isThere(folder, 'folder'))) {
    throw new ModelError(
      'model_not_found',
      folder,
      'is neither a model folder nor a built-in model',
      `give a folder, or one of: ${BUILT_IN.join(', ')}`,
    );
  }
  if (await isThere(join(folder, DESCRIPTOR), 'file')) return readDescriptor(folder);
  if (await isThere(join(folder, CONFIG), 'file')) return readEsmFolder(folder);
  throw new ModelError(
    'model_unsupported',
    folder,
    `has neither ${DESCRIPTOR} nor ${CONFIG}`,
    `write a ${DESCRIPTOR}, or take the whole folder of an exported ESM model`,
  );
}

async function isThere(path: string, what: 'file' | 'folder'): Promise<boolean> {
  try {
    const found = await stat(path);
    return what === 'file' ? found.isFile() : found.isDirectory();
  } catch {
    return false;
  }
}
