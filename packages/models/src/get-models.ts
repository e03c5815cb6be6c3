import { type FindOptions, findByName } from './find-by-name.js';

/**
 * Downloads what is missing of each model, and writes a line with its folder. A model that is not from the hub has
 * nothing to download.
 *
 * @throws ModelError; HubError; LockUnsupportedError; the signal's reason.
 */
export async function getModels(
  models: readonly string[],
  options: Pick<FindOptions, 'signal' | 'onEvent'>,
  write: (text: string) => void,
): Promise<void> {
  for (const each of models) {
    const { model, hub } = await findByName(each, { ...options, refresh: true });
    write(hub === undefined ? `${each}: nothing to download\n` : `${hub.id}@${hub.commit}: ${model}\n`);
  }
}
