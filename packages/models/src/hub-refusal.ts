import { builtInModels } from '@holdfast/gpu-runtime';
import { catalog, HubError } from '@holdfast/model-hub';
import type { HubPin } from './hub-pin.js';

/** Codes of errors that a mistyped path leads to. */
const NOT_HAD = new Set(['hub_not_found', 'hub_offline', 'hub_refused', 'hub_unreachable']);

const NO_NETWORK = new Set(['hub_offline', 'hub_unreachable']);

/**
 * The error for a model that cannot be had from the hub, with what only the caller knows: a commit may have come from a run, and
 * the text may have been meant as a path.
 *
 * @param model what the user wrote.
 * @param pin of the run, if the model is the run's.
 */
export function withContext(error: unknown, model: string, pin: HubPin | undefined): unknown {
  if (!(error instanceof HubError)) return error;
  const { code, subject, what } = error;
  if (pin !== undefined)
    return code !== 'hub_not_found'
      ? error
      : new HubError(
          code,
          pin.id,
          `the run began with the commit ${pin.commit}, which is neither in the cache nor on the hub any more (${what})`,
          `copy the model from a cache of Hugging Face that has this commit, or start over with --force-restart, which takes what the hub has now`,
          { cause: error },
        );
  const remedy = NO_NETWORK.has(code) ? `${error.remedy}. ${WITHOUT_NETWORK}` : error.remedy;
  if (!NOT_HAD.has(code) || !mayBePath(model))
    return remedy === error.remedy ? error : new HubError(code, subject, what, remedy, { cause: error });
  return new HubError(
    code,
    subject,
    `${what} (no file or folder here has this path, so it was taken as a name of Hugging Face)`,
    `if it is a path, check it; if not, ${remedy}`,
    { cause: error },
  );
}

/** What always works without a network. */
const WITHOUT_NETWORK = `--model also takes a folder or a file of a model, and ${builtInModels()
  .map(({ name }) => name)
  .join(' and ')} need no download`;

/** Whoever writes a short name, a revision, or the name of a known model means it. */
const mayBePath = (model: string): boolean =>
  model.includes('/') && !model.includes('@') && !catalog.some(({ id }) => id === model);
