/** The known name that a misspelt one most likely means; null if none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const letters = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const meant = letters(name);
  let best: string | null = null;
  // A third of the letters may be others.
  let least = Math.floor(meant.length / 3) + 1;
  for (const each of known) {
    const steps = distance(meant, letters(each));
    if (steps >= least) continue;
    best = each;
    least = steps;
  }
  if (best !== null || meant.length < 3) return best;
  // An abbreviated name, or a longer one: `stall`, `seqThresholdCount`.
  return known.find((each) => letters(each).startsWith(meant) || meant.startsWith(letters(each))) ?? null;
}

/** Letters to add, leave out, change, or swap with their neighbour (Damerau 1964, each pair once). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const now = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let steps = Math.min(now[j - 1]! + 1, last[j]! + 1, last[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        steps = Math.min(steps, before[j - 2]! + 1);
      now.push(steps);
    }
    before = last;
    last = now;
  }
  return last[b.length]!;
}
