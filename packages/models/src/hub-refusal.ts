import { catalog, HubError } from '@holdfast/model-hub';
import type { HubPin } from './hub-pin.js';

/** Codes of errors that a mistyped path leads to. */
const NOT_HAD = new Set(['hub_not_found', 'hub_offline', 'hub_refused', 'hub_unreachable']);

/**
 * The error for a model that cannot be had from the hub, with what only the caller knows: a commit may have come from a run, and
 * the text may have been meant as a path.
 *
 * @param model what the user wrote.
 * @param pin of the run, if the model is the run's.
 */
export function withContext(error: unknown, model: string, pin: HubPin | undefined): unknown {
  if (!(error instanceof HubError)) return error;
  const { code, subject, what, remedy } = error;
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
  if (!NOT_HAD.has(code) || !mayBePath(model)) return error;
  return new HubError(
    code,
    subject,
    `no such file or folder is here, so it was taken as a name of Hugging Face: ${what}`,
    `if it is a path, check it; if not, ${remedy}`,
    { cause: error },
  );
}

/** Whoever writes a short name, a revision, or the name of a known model means it. */
const mayBePath = (model: string): boolean =>
  model.includes('/') && !model.includes('@') && !catalog.some(({ id }) => id === model);
