import { type Result, sequenceLines } from '@holdfast/result';

/** The lengths of a result's sequences in residues, by row; null if it has no table of sequences. */
export async function tableLengths({
  sequences,
  record,
}: Pick<Result, 'sequences' | 'record'>): Promise<Uint32Array | null> {
  if (sequences === null) return null;
  const lengths = new Uint32Array(record.sequences);
  let row = 0;
  for await (const lines of sequenceLines(sequences))
    for (const { length } of lines) lengths[row++] = Number(length);
  return lengths;
}
