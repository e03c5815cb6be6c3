import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointName, type Metadata, openCheckpoint, writeCheckpoint } from '@holdfast/checkpoint';

/** Writes all checkpoints of a run anew as if these sequences had been quarantined; its result must be joined anew. */
export async function quarantineRows(
  out: string,
  ids: ReadonlySet<string>,
  kind = 'poison_input',
): Promise<void> {
  const checkpoints = join(out, 'checkpoints');
  for (const shard of await readdir(checkpoints)) {
    if (!shard.startsWith('shard_')) continue;
    const names = (await readdir(join(checkpoints, shard))).filter((name) => name.endsWith('.pt'));
    for (let i = 0; i < names.length; i++) {
      const path = join(checkpoints, shard, checkpointName(i));
      const { rows, dim, sequenceIds, facts } = await read(path);
      await rm(path);
      await rm(`${path}.done`);
      const left = sequenceIds.flatMap((id, at) => (ids.has(id) ? [at] : []));
      const kept = sequenceIds.flatMap((id, at) => (ids.has(id) ? [] : [at]));
      const data = Float32Array.from(kept.flatMap((at) => [...rows.subarray(at * dim, (at + 1) * dim)]));
      const list = left.map((at) => ({
        position: Number(facts['first_position']) + at,
        kind,
        attempts: 9,
        error: 'bad',
      }));
      await writeCheckpoint(
        path,
        { data, shape: [kept.length, dim] },
        kept.map((at) => sequenceIds[at]!),
        list.length > 0 ? { ...facts, quarantined: JSON.stringify(list) } : facts,
      );
    }
  }
  await rm(join(out, 'result.json'));
}

async function read(path: string) {
  await using checkpoint = await openCheckpoint(path);
  const facts: Metadata = {};
  for (const [key, value] of checkpoint.metadata)
    facts[String(key)] = typeof value === 'bigint' ? Number(value) : (value as string);
  const { sequenceIds, shape } = checkpoint;
  return { rows: await checkpoint.readRows(), dim: shape[1], sequenceIds, facts };
}
