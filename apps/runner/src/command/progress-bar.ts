import type { ProgressFacts } from '@holdfast/coordinator';
import type { HubEvent } from '@holdfast/model-hub';
import { grouped, inBytes } from '@holdfast/options';

type Downloading = Extract<HubEvent, { type: 'downloading' }>;

/** One line of at most `width` characters for a terminal: a bar, done/total, tokens/s, time left. */
export function renderBar({ done, total, perSecond, secondsLeft }: ProgressFacts, width: number): string {
  const speed = perSecond === null ? '' : ` ${grouped(Math.round(perSecond))} tokens/s`;
  const share = total > 0 ? Math.min(1, done / total) : 1;
  return bar(share, `${grouped(done)}/${grouped(total)}${speed} ${left(secondsLeft)}`, width);
}

/** The same for a download: a bar, the model, bytes that are there, bytes/s, time left. */
export function renderDownload(
  { model, bytes, totalBytes, bytesPerSecond, secondsLeft }: Downloading,
  width: number,
): string {
  const speed = bytesPerSecond === null ? '' : ` ${inBytes(bytesPerSecond)}/s`;
  const share = totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 1;
  const text = `${model} ${inBytes(bytes)} of ${inBytes(totalBytes)}${speed} ${left(secondsLeft)}`;
  return bar(share, text, width);
}

function bar(share: number, says: string, width: number): string {
  const text = ` ${Math.floor(share * 100)}% ${says}`;
  const cells = Math.max(0, Math.min(30, width - text.length - 3));
  const full = Math.round(share * cells);
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}]${text}`.slice(0, Math.max(0, width - 1));
}

const left = (seconds: number | null) => (seconds === null ? '--:-- left' : timeLeft(seconds));

/** The time left, such as `01:40 left`. */
export const timeLeft = (seconds: number): string => `${clock(seconds)} left`;

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
