/** A number as people read it, such as `1,000,000`. */
export const thousands = (value: number): string => value.toLocaleString('en-US');

/** Such as `1 checkpoint` or `142 checkpoints`. */
export const counted = (count: number, what: string): string =>
  `${thousands(count)} ${what}${count === 1 ? '' : 's'}`;
