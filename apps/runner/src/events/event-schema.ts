import * as z from '@holdfast/schema';
import type { EventDefinition } from './definition.js';
import { DRY_RUN_EVENTS } from './dry-run-events.js';
import { PREPARING_EVENTS } from './preparing-events.js';
import { RUN_EVENTS } from './run-events.js';
import { WORK_EVENTS } from './work-events.js';

/** Every event that can be a line of `--progress json` and of `--log`. */
export const EVENTS: readonly EventDefinition[] = [
  ...PREPARING_EVENTS,
  ...DRY_RUN_EVENTS,
  ...RUN_EVENTS,
  ...WORK_EVENTS,
];

const lines = EVENTS.map(({ event, meaning, fields }) =>
  z
    .strictObject({
      format: z.literal(1).describe('raised when what is there changes its meaning'),
      time: z.iso.datetime().describe('when it happened; ISO 8601 in UTC'),
      event: z.literal(event),
      ...fields,
    })
    .describe(meaning),
);

/** A line as an object. It refuses a field that no definition has. */
export const eventSchema = z.union(lines);

/** The same for readers of any language, as a JSON Schema. It lets fields pass that a later version adds. */
export function eventJsonSchema(): object {
  return {
    ...z.toJSONSchema(eventSchema, {
      override({ jsonSchema }) {
        if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    }),
    title: 'An event of Holdfast',
  };
}
