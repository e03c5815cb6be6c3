/** A heading and what stands beside it; further lines stand below. */
export type Section = readonly [heading: string, lines: readonly string[]];
