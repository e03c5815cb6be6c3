import type { Answer } from './ask-process.js';
import { inOneLine } from './in-one-line.js';

/** How a helper without an answer ended, in a few words, with the last line of its error text. */
export function helperEnd({
  failure,
  stage,
  stderr,
}: Pick<Answer<unknown>, 'failure' | 'stage' | 'stderr'>): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const words = last && ` (${inOneLine(last, stderr)})`;
  if (failure?.silentMs !== undefined) {
    const during = stage === null ? '' : ` while ${stage}`;
    return `no answer within ${Math.round(failure.silentMs / 1000)} s${during}${words}`;
  }
  if (failure?.signal) return `its process died of ${failure.signal}${words}`;
  if (failure?.error) return `its process could not be started: ${failure.error.message}`;
  return `its process exited without an answer${words}`;
}
