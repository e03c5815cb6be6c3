import * as z from '@holdfast/schema';

/**
 * What a command gives of its model beside a name on the hub. It does not depend on the model's files, so a finished run is
 * recognized by it when they are gone.
 */
export const givenModelSchema = z.object({
  /** Absolute path of the model; absent if it is from the hub. */
  path: z.string().exactOptional(),
  /** The options of the model that were given, by their names on the command line. */
  options: z.record(z.string(), z.union([z.string(), z.number(), z.literal(true)])),
});

export type GivenModel = z.infer<typeof givenModelSchema>;

/** Whether two commands give the same. */
export function sameGiven(one: GivenModel, other: GivenModel): boolean {
  return inOrder(one) === inOrder(other);
}

const inOrder = ({ path, options }: GivenModel): string =>
  JSON.stringify([path ?? null, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))]);
