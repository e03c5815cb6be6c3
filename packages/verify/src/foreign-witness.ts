import { type Layout, runWitnesses } from '@holdfast/run-folder';

/** A checkpoint or result of another run, if all of them contradict the record; else null. */
export async function foreignWitness(
  place: Layout,
  run: string,
): Promise<{ run: string; from: string } | null> {
  const witnesses = await runWitnesses(place);
  return witnesses.some((each) => each.run === run) ? null : (witnesses[0] ?? null);
}
