/** The middle one of an odd number of numbers. */
export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** A number with three digits. */
export const show = (value) => value.toPrecision(3);

/** Times work in seconds. */
export async function timed(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/**
 * Measures ours and a rival in turn, in seconds, and prints both, the ratio (above 1 if ours is faster), and whether it meets the
 * target.
 */
export function comparing(rounds) {
  return async (what, wanted, ours, rival) => {
    const times = { ours: [], rival: [], ratios: [] };
    // The first turn of each does not count: code and page cache are cold.
    for (let round = -1; round < rounds; round++) {
      const pair = round % 2 === 0 ? [await ours(), await rival()] : [await rival(), await ours()].reverse();
      if (round < 0) continue;
      times.ours.push(pair[0]);
      times.rival.push(pair[1]);
      times.ratios.push(pair[1] / pair[0]);
    }
    const ratio = median(times.ratios);
    const [least, most] = [Math.min(...times.ratios), Math.max(...times.ratios)];
    const verdict = wanted === null ? '' : `; wanted ${show(wanted)}: ${ratio >= wanted ? 'met' : 'NOT met'}`;
    const milliseconds = [times.ours, times.rival].map((each) => `${show(median(each) * 1000)} ms`);
    console.log(
      `${what}: ${milliseconds.join(' against ')}, ratio ${show(ratio)} (${show(least)} to ${show(most)})${verdict}`,
    );
  };
}
