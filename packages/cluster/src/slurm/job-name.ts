import { createHash } from 'node:crypto';
import type { JobRole } from './array-job.js';

/** Hexadecimal digits: enough that no two runs in a queue share a name. */
const DIGITS = 12;

/**
 * The name of a run's job in the queue. It is the same whenever the same run in the same folder is submitted, so its jobs are
 * found even if their ids could not be recorded.
 *
 * @param run its folder as an absolute path, and its fingerprint.
 */
export function jobName(role: JobRole, { dir, fingerprint }: { dir: string; fingerprint: string }): string {
  const digest = createHash('sha256').update(`${fingerprint}\n${dir}`).digest('hex').slice(0, DIGITS);
  return role === 'array' ? `holdfast-${digest}` : `holdfast-join-${digest}`;
}
