/** A count with its thousands apart, such as `1,000,000`. */
export const grouped = (count: number): string => count.toLocaleString('en-US');

/** A count and what is counted, such as `1 checkpoint` or `142 checkpoints`. */
export const counted = (count: number, what: string): string =>
  `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
