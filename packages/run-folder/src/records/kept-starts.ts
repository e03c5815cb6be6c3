// Of a long list of a run's starts the first ones and the last ones are kept.

export const FIRST_STARTS = 10;
export const LAST_STARTS = 90;
