import type { ProgressFacts } from '@holdfast/coordinator';

/** One line of at most `width` characters for a terminal: a bar, done/total, tokens/s, time left. */
export function renderBar({ done, total, perSecond, secondsLeft }: ProgressFacts, width: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const left = secondsLeft === null ? '--:--' : clock(secondsLeft);
  const speed = perSecond === null ? '' : ` ${Math.round(perSecond)} tokens/s`;
  const text = ` ${Math.floor(share * 100)}% ${done}/${total}${speed} ${left} left`;
  const cells = Math.max(0, Math.min(30, width - text.length - 3));
  const full = Math.round(share * cells);
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}]${text}`.slice(0, Math.max(0, width - 1));
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
