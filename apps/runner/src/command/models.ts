import { type BuiltInModel, builtInModels } from '@holdfast/gpu-runtime';
import { modelLines } from './model-lines.js';

/**
 * Lists the built-in models: a table and how a folder of one's own is given, or one JSON object a model.
 *
 * @param models what is listed; default: all that are built in.
 */
export function listModels(
  json: boolean,
  write: (text: string) => void,
  models: readonly BuiltInModel[] = builtInModels(),
): void {
  const lines = json ? models.map((model) => JSON.stringify(model)) : modelLines(models);
  write(`${lines.join('\n')}\n`);
}
