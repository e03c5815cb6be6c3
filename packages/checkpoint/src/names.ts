/** The file name of a shard's checkpoint: `batch_00000.pt` for index 0 (the seed's name). */
export function checkpointName(index: number): string {
  return `batch_${String(index).padStart(5, '0')}.pt`;
}

/** The index in a checkpoint's file name, or null when it is the name of something else. */
export function checkpointIndex(name: string): number | null {
  const match = /^batch_(\d{5,})\.pt$/.exec(name);
  return match ? Number(match[1]) : null;
}

/** The path of a checkpoint's marker. */
export function markerPath(path: string): string {
  return `${path}.done`;
}
