import { type BuiltInModel, builtInModels } from '@holdfast/gpu-runtime';
import { modelLines } from './model-lines.js';

/**
 * Lists the built-in models: a table and how to use a folder of your own, or one JSON object per model.
 *
 * @param models the models to list. Default: all built-in ones.
 */
export function listModels(
  json: boolean,
  write: (text: string) => void,
  models: readonly BuiltInModel[] = builtInModels(),
): void {
  const lines = json ? models.map((model) => JSON.stringify(model)) : modelLines(models);
  write(`${lines.join('\n')}\n`);
}
