import { ModelError } from '../model-error.js';
import type { ExportTokens } from '../tokens/export-tokens.js';

/**
 * Checks that only padding has the ID from which a model counts its positions, as RoBERTa and ESM-1b do: their own code
 * gives every token of that ID the place of padding, and does not count it.
 *
 * @param config path of the `config.json` that names the ID.
 * @throws ModelError `model_mismatch`, which names both IDs.
 */
export function checkPositionPadding(
  config: string,
  { ids, rules }: Pick<ExportTokens, 'ids' | 'rules'>,
  id: number,
): void {
  const counts = `counts positions from its pad_token_id ${id}`;
  const remedy = 'use the config.json and the tokenizer that belong to one model';
  if (rules.padding !== id) {
    const what = `${counts}, but its tokenizer's padding has the ID ${rules.padding}`;
    throw new ModelError('model_mismatch', config, what, remedy);
  }
  if (!realTokens({ ids, rules }).has(id)) return;
  const name = [...ids].find(([, each]) => each === id)?.[0];
  const token = name === undefined ? 'a token' : `the token ${name}`;
  const what = `${counts}, but ${token} of sequences has the ID ${id} too`;
  throw new ModelError('model_mismatch', config, what, remedy);
}

/** The IDs that a sequence can have, as far as the rules list them; of a tokenizer, the unknown and special ones. */
function realTokens({ ids, rules }: Pick<ExportTokens, 'ids' | 'rules'>): Set<number | undefined> {
  const { table, fused, pieces = [], prefix, suffix, tokenizer } = rules;
  const { unk_token, unk_id } = tokenizer?.definition.model ?? {};
  const unknown = unk_token == null ? unk_id : ids.get(unk_token);
  return new Set<number | undefined>([
    ...table,
    ...prefix,
    ...suffix,
    ...pieces.map(([, each]) => each),
    fused,
    typeof unknown === 'number' ? unknown : undefined,
  ]);
}
