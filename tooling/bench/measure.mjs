/** The middle one of an odd number of numbers. */
export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];

/** Three digits of a number. */
export const show = (value) => value.toPrecision(3);

/** Seconds that work takes. */
export async function timed(work) {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/**
 * Measures ours and a rival by turns, each giving seconds, and says both, the ratio (above 1 where ours is faster), and
 * whether it is what was wanted.
 */
export function comparing(rounds) {
  return async (what, wanted, ours, rival) => {
    const times = { ours: [], rival: [], ratios: [] };
    // The first turn of each is not counted: it meets cold code and an empty page cache.
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
