const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** Seconds in words: the two largest units, such as `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first < 0) return '0 s';
  let rest = whole;
  const parts: string[] = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(' ');
}

/** How long ago a time is, in words. @param at ISO 8601. @param now the same. */
export function ago(at: string, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(at)) / 1000;
  return seconds < 1 ? 'just now' : `${duration(seconds)} ago`;
}

/** Percent, cut off rather than rounded: 100 % is everything. */
export function percent(done: number, total: number): string {
  if (total === 0) return '100%';
  return `${(Math.floor((1000 * done) / total) / 10).toFixed(1)}%`;
}
