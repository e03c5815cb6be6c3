import type { ShardStatus, Status } from '@holdfast/status';
import { Section } from '../section.js';
import { counted, grouped, percent } from '../words.js';

/** Shards of which each has a line of its own. More are cells. */
const LINES = 24;

/** How far each shard is. */
export function Shards({ status: { shards, state } }: { status: Status }) {
  if (shards.length === 0 || (state === 'complete' && shards.length === 1)) return null;
  const complete = shards.filter(({ status }) => status === 'complete').length;
  return (
    <Section id="shards" name="Shards" aside={`${grouped(complete)} of ${grouped(shards.length)} complete`}>
      {shards.length <= LINES ? (
        <ol class="shards">
          {shards.map((shard) => (
            <li key={shard.shard}>
              <span class="number">{shard.shard}</span>
              <span class={`meter meter-${shard.status}`}>
                <i class="saved" style={{ width: `${100 * shareOf(shard, savedOf(shard))}%` }} />
                <i class="fresh" style={{ width: `${100 * shareOf(shard, shard.sequences_unsaved)}%` }} />
              </span>
              <span class="quiet">{wordsOf(shard)}</span>
            </li>
          ))}
        </ol>
      ) : (
        <>
          <ol class="cells">
            {shards.map((shard) => (
              <li
                key={shard.shard}
                class={`cell cell-${shard.status}`}
                title={`Shard ${shard.shard}: ${wordsOf(shard)}`}
                style={{
                  '--share': `${100 * shareOf(shard, shard.sequences_embedded ?? shard.sequences_done)}%`,
                }}
              />
            ))}
          </ol>
          {shards
            .filter(({ status }) => status === 'failed')
            .map((shard) => (
              <p key={shard.shard} class="bad">
                Shard {shard.shard}: {wordsOf(shard)}
              </p>
            ))}
        </>
      )}
    </Section>
  );
}

/** Quarantined ones among them, which checkpoints have no row of. */
const savedOf = (shard: ShardStatus) => shard.sequences_embedded - shard.sequences_unsaved;

function shareOf({ status, sequences_total: total }: ShardStatus, count: number): number {
  if (total === null || total === 0) return status === 'complete' && count > 0 ? 1 : 0;
  return Math.min(1, count / total);
}

function wordsOf({
  status,
  sequences_done,
  sequences_embedded,
  sequences_total,
  checkpoints,
  error,
}: ShardStatus): string {
  if (status === 'failed') return `failed: ${error ?? 'out of retries'}`;
  const saved = counted(checkpoints, 'checkpoint');
  if (status === 'complete') return `${counted(sequences_done, 'sequence')} in ${saved}`;
  const done = sequences_embedded ?? sequences_done;
  if (done === 0 && checkpoints === 0)
    return sequences_total === null ? 'not begun' : `${grouped(sequences_total)}, not begun`;
  if (sequences_total === null) return `${grouped(done)} embedded, ${saved}`;
  return `${percent(done, sequences_total)} of ${grouped(sequences_total)}, ${saved}`;
}
