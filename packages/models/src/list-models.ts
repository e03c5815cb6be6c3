import { type BuiltInModel, builtInModels } from '@holdfast/gpu-runtime';
import { type CatalogEntry, catalog } from '@holdfast/model-hub';
import { modelLines } from './model-lines.js';

/**
 * Lists the models that have a name: tables and how to use another model, or one JSON object per model.
 *
 * @param models the built-in models. Default: all.
 * @param named the models with a short name. Default: all.
 */
export function listModels(
  json: boolean,
  write: (text: string) => void,
  models: readonly BuiltInModel[] = builtInModels(),
  named: readonly CatalogEntry[] = catalog,
): void {
  const lines = json
    ? [...models, ...named].map((model) => JSON.stringify(model))
    : modelLines(models, named);
  write(`${lines.join('\n')}\n`);
}
