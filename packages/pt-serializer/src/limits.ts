/** Lists and dicts within each other at most; code that recurses over a value is safe with it. */
export const MAX_DEPTH = 1000;
