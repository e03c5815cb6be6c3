import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Begun } from './rates.js';

/** The first part of a line in which a worker goes on with a shard, in all versions of the logs. */
const RESUMED = /"(?:event|type)":"resumed"/;

/** When workers went on with their shards, by the logs of a run. What cannot be read is passed over: logs may be torn. */
export async function shardStarts(logs: string): Promise<Begun[]> {
  const names = await readdir(logs, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const begun: Begun[] = [];
  for (const name of names.filter((each) => /(?:^|[\\/])worker_\d+\.log$/.test(each)).sort())
    for await (const line of (await open(join(logs, name))).readLines()) {
      if (!RESUMED.test(line)) continue;
      const found = startIn(line);
      if (found !== null) begun.push(found);
    }
  return begun;
}

function startIn(line: string): Begun | null {
  try {
    const { time, shard } = JSON.parse(line) as { time?: unknown; shard?: unknown };
    const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    return typeof shard === 'number' && !Number.isNaN(at) ? { at, shard } : null;
  } catch {
    return null;
  }
}
