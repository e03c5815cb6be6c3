/** Seconds below which a task spends its time with starting and ending. */
const SHORT = 300;

/**
 * Whether a time limit is so short that a task hardly computes before it is told to end. What is not understood is not short: sbatch
 * judges it.
 *
 * @param time as `sbatch --time` takes it: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`.
 */
export function isShortLimit(time: string | undefined): boolean {
  const [, days, clock = ''] = /^(?:(\d+)-)?(\d+(?::\d+){0,2})$/.exec(time ?? '') ?? [];
  if (clock === '') return false;
  const parts = clock.split(':').map(Number);
  const [hours = 0, minutes = 0, seconds = 0] =
    days !== undefined || parts.length === 3 ? parts : [0, ...parts];
  const limit = ((Number(days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds;
  // None at all.
  return limit > 0 && limit < SHORT;
}
