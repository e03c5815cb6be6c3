import { basename, resolve } from 'node:path';

/** The folder of a model in the cache of Hugging Face. */
const CACHED = /\/models--([^/]+?)--([^/]+)\/snapshots\/[^/]+$/;
/** The ending of a file of weights. */
const ENDING = /\.(pt|pth|bin|safetensors|onnx)$/;

/** The name that a model has by its path: that on the hub, or the last part. */
export function modelName(path: string): string {
  const [, owner, name] = CACHED.exec(resolve(path)) ?? [];
  return owner === undefined ? basename(path).replace(ENDING, '') : `${owner}/${name}`;
}
