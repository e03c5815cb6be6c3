import { catalog, hubName } from '@holdfast/model-hub';

/**
 * Bytes of the weights of a model of the hub, roughly, without asking the hub.
 *
 * @returns null if they are not known; undefined if no model of the hub has this name.
 */
export function listedSize(model: string): number | null | undefined {
  const name = hubName(model);
  if (name === null) return undefined;
  return catalog.find(({ id }) => id === name.id)?.bytes ?? null;
}
