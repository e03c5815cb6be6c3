import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesOfNumber } from '@holdfast/checkpoint';
import { type ModelSource, tokensOf, valueCounts } from '@holdfast/gpu-runtime';
import { FILES, type SequenceIndex, type Shard } from '@holdfast/plan';
import { DiskSpaceError, diskVerdict, freeSpace } from '@holdfast/preflight';
import type { Layout } from '@holdfast/run-folder';
import { resolveThresholds } from '@holdfast/trigger';
import type { EmbedOptions } from '../embed-options.js';
import type { Disk } from '../events/plan-figures.js';
import type { Report } from '../events.js';
import { type DiskNeed, diskNeed } from './disk-need.js';

/** A line of `sequences.tsv` without ID, description and the name of the input. */
const TABLE_LINE = 60;

/** What a run still writes, with the shards' sequences that are saved. @param folder of the index. */
export async function needOf(
  options: EmbedOptions,
  {
    model,
    index,
    shards,
    done,
    folder,
  }: {
    model: ModelSource;
    index: Pick<SequenceIndex, 'sequences' | 'positions' | 'described' | 'allLengths' | 'summary'>;
    shards: readonly Shard[];
    done: readonly number[];
    folder: string;
  },
): Promise<DiskNeed> {
  const { sequences, positions, described } = index;
  const sizeOf = async (name: string) => (await stat(join(folder, name))).size;
  const idBytes = await sizeOf(FILES.ids);
  const tableBytes = described
    ? sequences * (TABLE_LINE + Math.max(...options.inputs.map((path) => path.length))) +
      idBytes +
      (await sizeOf(FILES.descriptions)) +
      (index.summary.files.skipped === undefined ? 0 : await sizeOf(FILES.skipped))
    : 0;
  const given = options.seqThreshold === undefined ? {} : { seqThreshold: options.seqThreshold };
  const { seqThreshold } = resolveThresholds(given, process.env);
  const { format } = options;
  const { dim, dtype } = model;
  const bytes = bytesOfNumber(dtype ?? 'float32');
  const valueBytes = bytes * (await numbersOfTokens(model, index));
  const known = { dim, bytes, valueBytes, sequences, positions, idBytes, tableBytes };
  return diskNeed({ ...known, shards, done, seqThreshold, format });
}

/** Numbers of tokens of all sequences, at most. */
async function numbersOfTokens(
  model: ModelSource,
  index: Pick<SequenceIndex, 'allLengths'>,
): Promise<number> {
  const { more } = model.recipe;
  if (more === undefined || valueCounts(more, 0).length === 0) return 0;
  let numbers = 0;
  for await (const some of index.allLengths())
    for (const length of some) {
      const tokens = tokensOf(model, length) - model.specialTokens;
      for (const count of valueCounts(more, tokens)) numbers += count;
    }
  return numbers;
}

/**
 * The disks of a run: one, unless its folders lie on several.
 *
 * @param copy the folder that gets a copy of the result, if any. @param index bytes that the index still needs. @param freed bytes that the run removes first, where its result is.
 */
export async function disksOf(
  place: Layout,
  need: DiskNeed,
  { copy, index = 0, freed = 0 }: { copy?: Layout | undefined; index?: number; freed?: number } = {},
): Promise<Disk[]> {
  const found = new Map<number | null, Omit<Disk, 'verdict'>>();
  for (const [folder, bytes] of [
    [place.out, need.result - freed],
    [dirname(place.checkpoints), need.checkpoints],
    [dirname(place.index), index],
    ...(copy === undefined ? [] : [[copy.out, need.result] as const]),
  ] as const) {
    const space = await freeSpace(folder);
    const device = space?.device ?? null;
    const disk = found.get(device) ?? { folder, need_bytes: 0, free_bytes: space?.bytes ?? null };
    found.set(device, { ...disk, need_bytes: disk.need_bytes + bytes });
  }
  return [...found.values()].map(({ need_bytes, ...disk }) => {
    const bytes = Math.max(0, need_bytes);
    return { ...disk, need_bytes: bytes, verdict: diskVerdict(bytes, disk.free_bytes) };
  });
}

/**
 * Warns where room is short.
 *
 * @throws DiskSpaceError if it is clearly too little, unless the command is to begin all the same.
 */
export function checkDisks(
  disks: readonly Disk[],
  { ignoreDiskSpace = false }: Pick<EmbedOptions, 'ignoreDiskSpace'>,
  report: Report,
): void {
  for (const { folder, need_bytes, free_bytes, verdict } of disks) {
    if (verdict === 'enough' || free_bytes === null) continue;
    const error = new DiskSpaceError(folder, need_bytes, free_bytes);
    if (verdict === 'short' && !ignoreDiskSpace) throw error;
    report({ type: 'warning', message: error.asWarning });
  }
}
