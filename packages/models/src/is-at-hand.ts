import { mayBeThere } from '@holdfast/durable';
import { builtInModels } from '@holdfast/gpu-runtime';
import { cachedModel, hubSettings } from '@holdfast/model-hub';
import { type HubPin, pinnedName } from './hub-pin.js';

/** Whether a model is built in, or something has its path. */
export function isLocal(model: string): boolean {
  // An empty path would mean the working directory.
  const isPath = model.trim() !== '' && mayBeThere(model);
  return isPath || builtInModels().some(({ name }) => name === model);
}

/**
 * Whether `findByName` finds a model on this machine, and downloads nothing.
 *
 * @param pin what an earlier command found.
 * @throws HubError for invalid settings; what the file system throws, except that something is missing.
 */
export async function isAtHand(model: string, pin: HubPin | undefined): Promise<boolean> {
  if (isLocal(model)) return true;
  const name = pinnedName(model, pin);
  return name !== null && ((await cachedModel(name, hubSettings().cache))?.whole ?? false);
}
