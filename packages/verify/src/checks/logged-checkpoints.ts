import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { systemErrorCode } from '@holdfast/durable';
import type { Layout } from '@holdfast/run-folder';

/** `,"crc32":"89abcdef"}` */
const CHECKSUM_LENGTH = 20;

/**
 * When each checkpoint was last logged, in milliseconds since 1970, by `shard/number`. A worker reports a checkpoint once the
 * manifest has it, so a manifest that lacks it then is an older one. Logs are not synced: that one is missing says nothing.
 */
export async function loggedCheckpoints({ logs }: Layout): Promise<ReadonlyMap<string, number>> {
  const logged = new Map<string, number>();
  const names = await readdir(logs).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((each) => /^worker_\d+\.log$/.test(each)))
    for await (const line of createInterface({ input: createReadStream(join(logs, name)) })) {
      if (!line.includes('"event":"checkpoint"')) continue;
      const event = checked(line);
      if (event === null) continue;
      const key = `${event.shard}/${event.checkpoint}`;
      logged.set(key, Math.max(logged.get(key) ?? 0, Date.parse(event.time)));
    }
  return logged;
}

/** The event of a line, if its checksum fits; else null. */
function checked(line: string): { time: string; shard: number; checkpoint: number } | null {
  const text = line.slice(0, -CHECKSUM_LENGTH);
  const sum = crc32(text).toString(16).padStart(8, '0');
  return line === `${text},"crc32":"${sum}"}` ? JSON.parse(`${text}}`) : null;
}
