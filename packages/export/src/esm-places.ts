import { RunFolderError } from '@holdfast/run-folder';
import type { ESM_KEYS } from './formats/esm.js';

/** Where an output goes in a file of extract.py. */
export interface EsmPlace {
  key: (typeof ESM_KEYS)[number];
  /** Null for contacts. */
  layer: number | null;
}

/** What is known of an output. */
export interface EsmOutput {
  /** Its name, such as `per_token.layer_33`; of the embeddings their full name if they have one. */
  name: string;
  /** How its rows were computed, if it has rows. */
  facts?: Readonly<Record<string, string>>;
  /** The model's name, which may say how many layers it has. */
  model?: string;
}

/** The keys of extract.py, by how rows were pooled. */
const POOLED: Readonly<Record<string, EsmPlace['key']>> = {
  mean: 'mean_representations',
  cls: 'bos_representations',
  // The model pools by itself.
  none: 'mean_representations',
};

/** The key of an output; null if extract.py has none for it. */
export function esmKey({ name, facts }: EsmOutput): EsmPlace['key'] | null {
  if (name === 'contacts') return name;
  if (name.startsWith('per_token.')) return 'representations';
  const pooling = facts === undefined ? '' : name.includes('.') ? name.split('.', 1)[0]! : facts['pooling'];
  return POOLED[pooling ?? 'mean'] ?? null;
}

/**
 * The number of an output's layer: by the name of the output, of its layer or of the model.
 *
 * @param given what `--esm-layer` says. It goes before the names of an output that is `alone`, and is for those that lack a number.
 * @throws RunFolderError if nothing tells it.
 */
export function esmLayer(
  { name, facts, model = '' }: EsmOutput,
  { given, alone }: { given: number | undefined; alone: boolean },
): number {
  const named =
    /\.layer_(\d+)$/.exec(name) ??
    /^hidden_states\.(\d+)$/.exec(facts?.['layer'] ?? '') ??
    /(?:^|[/_-])t(\d+)(?:_|$)/.exec(facts === undefined ? '' : model);
  if (given !== undefined && (alone || named === null)) return given;
  if (named !== null) return Number(named[1]);
  const from = facts === undefined ? `the name ${name}` : `the model's name (${model || 'none'})`;
  throw new RunFolderError(
    `the number of the layer is not known from ${from}; give it with --esm-layer, such as --esm-layer 33`,
  );
}

/** An output and its place. */
export type Placed<T extends EsmOutput> = EsmPlace & { of: T };

/**
 * Where some outputs go.
 *
 * @throws RunFolderError that names those for which extract.py has no place, or two that would have the same.
 */
export function esmPlaces<T extends EsmOutput & { output: string }>(
  outputs: readonly T[],
  given: number | undefined,
): Placed<T>[] {
  const without = outputs.filter((each) => esmKey(each) === null);
  if (without.length > 0) {
    const others = outputs.filter((each) => !without.includes(each)).map(({ output }) => output);
    const said = without.map(({ output, facts }) =>
      output === 'embeddings' ? `${output} (pooled by ${facts?.['pooling']})` : output,
    );
    throw new RunFolderError(
      `a file of extract.py has no place for ${said.join(', ')}; ${others.length > 0 ? `name the others: --from ${others.join(',')}` : '--to h5 has'}`,
    );
  }
  const alone = outputs.length === 1;
  const seen = new Map<string, string>();
  return outputs.map((of) => {
    const key = esmKey(of)!;
    const layer = key === 'contacts' ? null : esmLayer(of, { given, alone });
    const place = layer === null ? key : `${key}[${layer}]`;
    const other = seen.get(place);
    if (other !== undefined)
      throw new RunFolderError(`${other} and ${of.output} would both be ${place}; leave one of them out`);
    seen.set(place, of.output);
    return { key, layer, of };
  });
}
