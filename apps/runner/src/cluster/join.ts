import { embed } from '../embed.js';
import type { Stop } from '../embed-options.js';
import type { Report } from '../events.js';
import { findWork } from './planned-work.js';

/**
 * Joins the shards that the tasks of a run have computed to its result. It computes none itself.
 *
 * @param dir the run's folder.
 * @returns the exit code, as `embed` does.
 * @throws RunFailedError if shards are missing; otherwise what `embed` throws.
 */
export async function join(dir: string, report: Report, stop: Stop): Promise<number> {
  const { options } = await findWork(dir);
  return embed({ ...options, joinOnly: true }, report, stop);
}
