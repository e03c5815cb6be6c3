/** How records are cut into chunks. */
export interface ChunkOptions {
  /** Residues of a chunk; at least 1. */
  residues: number;
  /** Residues from the start of a chunk to that of the next, at most `residues`. Default: VirNucPro's rule. */
  stride?: number;
}

/** A part of a record: `[start, end)`. */
export type Chunk = readonly [start: number, end: number];

/**
 * The chunks of a record, in order; each residue is in at least one.
 *
 * With a stride, one begins every so many residues until the record's end is reached, and the last one may be shorter.
 * Without, the rule is that of VirNucPro's `split_fasta_chunk`: as few chunks as possible. What they are too long in all is
 * shared out evenly: by so much each overlaps the next, and the last is shorter.
 *
 * @param length residues of the record; at least 1.
 */
export function* chunksOf(length: number, { residues, stride }: ChunkOptions): Generator<Chunk> {
  if (stride !== undefined) {
    for (let start = 0; ; start += stride) {
      yield [start, Math.min(length, start + residues)];
      if (start + residues >= length) return;
    }
  }
  const count = Math.ceil(length / residues);
  const overlap = count * residues - length;
  const least = Math.floor(overlap / count);
  /** This many chunks overlap the next by one residue more. */
  const more = overlap - least * (count - 1);
  let shared = 0;
  for (let chunk = 0; chunk < count; chunk++) {
    const start = chunk * residues - shared;
    yield [start, Math.min(length, start + residues)];
    shared += least + Number(chunk < more);
  }
}
