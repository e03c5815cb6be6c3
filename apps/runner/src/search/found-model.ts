import { mayBeThere } from '@holdfast/durable';
import { builtInModels, ModelError, resolveModel } from '@holdfast/gpu-runtime';
import { formatHubName } from '@holdfast/model-hub';
import { findByName, isAtHand } from '@holdfast/models';
import { differences, modelOptions, type RunRecord } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import { overridesOf } from './options-of-run.js';

/**
 * What `embed` takes as the model of a run: as the run had it, or as the user says where it is now. Downloads nothing.
 *
 * @param folder of the run, for messages. @param given what the user says.
 * @throws UsageError if it is not there, or is another model; ModelError if it cannot be read.
 */
export async function foundModel(
  record: RunRecord,
  { folder, given, signal }: { folder: string; given: string | undefined; signal: AbortSignal },
): Promise<string> {
  const name = given ?? nameOf(record, folder);
  if (!(await isAtHand(name, undefined))) throw new UsageError(missing(record, name));
  const { model } = await findByName(name, { signal, onEvent: () => undefined });
  const another = (why: string, cause?: unknown) =>
    new UsageError(
      `${model}: it is not the model of the run in ${folder} (${why}), so its rows cannot be compared; give the place of that model with --model`,
      { cause },
    );
  const source = await resolveModel(model, overridesOf(record)).catch(async (error) => {
    if (!(error instanceof ModelError)) throw error;
    // A model that can be read, but not with the settings of the run, is another one.
    const now = await resolveModel(model);
    throw another(`model: ${record.model.name} → ${now.name}; with the run's options: ${error.what}`, error);
  });
  if (source.fingerprint !== record.model.fingerprint) {
    const { name, fingerprint } = source;
    const now = { ...record, model: { name, fingerprint }, model_options: modelOptions(source) };
    throw another(differences(record, now).join('; '));
  }
  return name;
}

/** How the run had its model. */
function nameOf({ model, given }: RunRecord, folder: string): string {
  if (model.hub !== undefined) return formatHubName({ id: model.hub.id, revision: model.hub.commit });
  if (given?.path !== undefined) return given.path;
  if (builtInModels().some(({ name }) => name === model.name)) return model.name;
  throw new UsageError(
    `${folder}: an earlier version of holdfast began the run, and did not record where its model ${model.name} is; give its place with --model`,
  );
}

function missing({ model: { name, hub } }: RunRecord, wanted: string): string {
  if (mayBeThere(wanted) || hub === undefined)
    return `${wanted}: the model ${name} of the run is no longer there; give its new place with --model`;
  return `${wanted}: the model of the run is not on this machine, and a search downloads nothing; run holdfast models get ${wanted}, or give its place with --model`;
}
