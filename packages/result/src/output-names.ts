import type { ResultRecord } from '@holdfast/run-folder';

/** The name of the embeddings, and of the one array in a `.npy`. */
export const EMBEDDINGS = 'embeddings';

/** A layer as the names of outputs end with it. */
const NUMBERED = /\.(layer_\d+)$/;

/**
 * The full name of the embeddings, made as the names of the outputs beside them, such as `mean.layer_33`. Null if the model's layers
 * have no numbers, it pools by itself, or an earlier version made the result and nothing in it tells.
 */
export function fullNameOf({
  outputs,
  provenance,
}: Pick<ResultRecord, 'outputs' | 'provenance'>): string | null {
  const options = provenance?.model_options;
  if (options === undefined || options.pooling === 'none') return null;
  const { pooling, layer, layer_name } = options;
  const number = /^hidden_states\.(\d+)$/.exec(layer)?.[1];
  const beside = [...(outputs?.rows ?? []), ...(outputs?.tokens ?? [])].find((each) => each.layer === layer);
  const label =
    layer_name ?? (number === undefined ? NUMBERED.exec(beside?.name ?? '')?.[1] : `layer_${number}`);
  return label === undefined ? null : `${pooling}.${label}`;
}

/** Outputs as a message lists them: `embeddings (mean.layer_33), cls.layer_33`. */
export const listed = (names: readonly string[], fullName: string | null): string =>
  names
    .map((name) => (name === EMBEDDINGS && fullName !== null ? `${EMBEDDINGS} (${fullName})` : name))
    .join(', ');
