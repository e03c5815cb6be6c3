import { type HubName, hubName } from '@holdfast/model-hub';

/** A model of the hub, and the commit that it was when it was found. */
export interface HubPin extends HubName {
  commit: string;
}

/** Whether a name means the model of a pin. */
export function isPinned(model: string, pin: HubPin): boolean {
  const name = hubName(model);
  return name !== null && name.id === pin.id && name.revision === pin.revision;
}

/** What a name means on the hub: the commit of the pin, if it is the pin's. Null: no name of the hub. */
export function pinnedName(model: string, pin: HubPin | undefined): HubName | null {
  if (pin !== undefined && isPinned(model, pin)) return { id: pin.id, revision: pin.commit };
  return hubName(model);
}
