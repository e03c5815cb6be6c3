import { type CatalogEntry, catalog, hubName } from '@holdfast/model-hub';

/**
 * What the catalog knows about a model of the hub, without asking the hub.
 *
 * @returns null if it is not listed; undefined if no model of the hub has this name.
 */
export function listedModel(model: string): CatalogEntry | null | undefined {
  const name = hubName(model);
  if (name === null) return undefined;
  return catalog.find(({ id }) => id === name.id) ?? null;
}
