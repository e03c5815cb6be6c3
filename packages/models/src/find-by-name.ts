import { builtInModels, ModelError } from '@holdfast/gpu-runtime';
import {
  catalog,
  findModel,
  formatHubName,
  getModel,
  type HubEvent,
  hubName,
  hubSettings,
  nameInAddress,
} from '@holdfast/model-hub';
import { unknownType } from '@holdfast/model-zoo';
import { nearest } from '@holdfast/options';
import { refuseCutOff } from './export-folder.js';
import { type HubPin, isPinned, pinnedName } from './hub-pin.js';
import { withContext } from './hub-refusal.js';
import { isLocal } from './is-at-hand.js';

/** Where a model is. */
export interface FoundModel {
  /** A built-in model's name, or a path; `resolveModel` takes it. */
  model: string;
  /** Set if it is from the hub. */
  hub?: HubPin;
}

export interface FindOptions {
  /** What an earlier command found: a branch that moved since then changes nothing. */
  pin?: HubPin | undefined;
  /** Whether to ask the hub even if the model is in the cache. Default: false. */
  refresh?: boolean;
  signal: AbortSignal;
  onEvent(event: HubEvent): void;
}

/**
 * Finds a model by what a user calls it. A built-in model comes first, then what has this path, then the hub of Hugging
 * Face: its cache, or a download.
 *
 * @throws ModelError `model_not_found` if nothing has this name, `model_file_missing` for an export that is not complete; HubError; LockUnsupportedError; what the file system
 * throws; the signal's reason.
 */
export async function findByName(
  model: string,
  { pin, refresh = false, signal, onEvent }: FindOptions,
): Promise<FoundModel> {
  if (isLocal(model)) {
    refuseCutOff(model);
    return { model };
  }
  const [name, wanted] = [hubName(model), pinnedName(model, pin)];
  if (name === null || wanted === null) throw noModel(model);
  const options = { settings: hubSettings(), signal, onEvent, refuse: unknownType };
  const get = refresh ? getModel : findModel;
  const { folder, commit } = await get(wanted, options).catch((error: unknown) => {
    throw withContext(error, model, pin !== undefined && isPinned(model, pin) ? pin : undefined);
  });
  return { model: folder, hub: { ...name, commit } };
}

/** All names that `holdfast models` lists. */
const NAMES = [...builtInModels().map(({ name }) => name), ...catalog.flatMap(({ names }) => names)];

function noModel(model: string): ModelError {
  const meant = nameInAddress(model);
  // A path is none of them.
  const near = /[/\\]/.test(model) ? null : nearest(model.replace(/@.*/, ''), NAMES);
  const [what, remedy] =
    meant === null
      ? [
          'there is no such file or folder, and no model has this name',
          `${near === null ? '' : `did you mean ${near}? `}\`holdfast models\` lists the names, and OWNER/NAME is any model of Hugging Face`,
        ]
      : [
          'there is no such file or folder, and a model of Hugging Face is given by its name alone',
          `if you mean that, type ${formatHubName(meant)}`,
        ];
  return new ModelError('model_not_found', `'${model}'`, what, remedy);
}
