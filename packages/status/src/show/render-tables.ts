import { grouped } from '@holdfast/options';
import type { ShardStatus } from '../judge/count-shards.js';
import { shortKind } from '../judge/incident-words.js';
import type { Status } from '../status.js';
import { table } from './table.js';
import { duration, percent } from './words.js';

/** How many lines of a table are shown. */
const MOST = 20;

/** The workers of a running command, one a line. */
export function renderWorkers({ workers, at }: Status): string[] {
  if (workers.length === 0) return [];
  const rows = workers
    .slice(0, MOST)
    .map(({ slot, pid, state, shard, since }) => [
      slot,
      pid ?? '',
      state,
      shard === null ? '' : `shard ${shard}`,
      `for ${duration((Date.parse(at) - Date.parse(since)) / 1000)}`,
    ]);
  return [...table(rows), ...others(workers.length - MOST, 'workers')];
}

/** The shards of an unfinished run: counts, then those that are not complete, one a line. */
export function renderShards({ shards, state }: Status): string[] {
  if (shards.length === 0) return [];
  const count = (status: ShardStatus['status']) => shards.filter((each) => each.status === status).length;
  const counts = [
    [count('complete'), 'complete'],
    [count('in_progress'), 'not complete'],
    [count('failed'), 'failed'],
  ] as const;
  const said = counts.filter(([many]) => many > 0).map(([many, what]) => `${grouped(many)} ${what}`);
  const line = said.join(', ');
  if (state === 'complete') return [line];
  // Those at work or in trouble say most.
  const open = shards
    .filter(({ status }) => status !== 'complete')
    .sort((a, b) => rank(a) - rank(b) || a.shard - b.shard);
  const rows = open.slice(0, MOST).map((each) => [each.shard, ...cells(each)]);
  return [line, ...table(rows), ...others(open.length - MOST, 'shards')];
}

const rank = ({ status, sequences_embedded: done, failures }: ShardStatus): number => {
  if (status === 'failed') return 0;
  return Object.keys(failures).length > 0 ? 1 : done > 0 ? 2 : 3;
};

function cells({
  status,
  sequences_done,
  sequences_embedded,
  sequences_total,
  checkpoints,
  failures,
  error,
}: ShardStatus) {
  const done =
    sequences_total === null
      ? `${grouped(sequences_embedded)} embedded`
      : `${grouped(sequences_embedded)} of ${grouped(sequences_total)} (${percent(sequences_embedded, sequences_total)})`;
  const saved = `${grouped(sequences_done)} saved in ${grouped(checkpoints)} checkpoint${checkpoints === 1 ? '' : 's'}`;
  const kinds = Object.entries(failures).map(([kind, many]) => `${many} × ${shortKind(kind)}`);
  const trouble =
    status === 'failed'
      ? `failed: ${error ?? 'no reason was recorded'}`
      : kinds.length > 0
        ? `failed so far: ${kinds.join(', ')}`
        : '';
  return [done, saved, trouble];
}

const others = (more: number, what: string): string[] =>
  more > 0 ? [`and ${grouped(more)} more ${what}, which --json lists`] : [];
