import { counted, grouped, inBytes } from '@holdfast/options';
import type { Disk, DryRunFigures, LengthBin, Lengths } from '../events/plan-figures.js';
import type { RunEvent } from '../events.js';

/** Characters of the column of headings, with its margin. */
const MARGIN = 12;
/** Characters of the longest bar. */
const BAR = 40;

type Section = readonly [heading: string, ...lines: string[]];

/** What `--dry-run` found, as lines for people; null for any other event. */
export function listing(event: RunEvent): string[] | null {
  if (event.type === 'input_counted')
    return linesOf([
      sequences(event),
      ...lengths(event.lengths),
      ['written', 'nothing; batches, disk and time are known once the model is there'],
    ]);
  return event.type === 'dry_run' ? linesOf(sections(event)) : null;
}

function sections(event: DryRunFigures): Section[] {
  const { resumed, sequences_done, truncated, workers } = event;
  const left = event.sequences - event.copies - sequences_done;
  return [
    sequences(event),
    ...(resumed ? [['done', `${grouped(sequences_done)}; ${grouped(left)} are left`] as const] : []),
    ...lengths(event.lengths),
    ...(truncated > 0
      ? [['truncated', `${counted(truncated, 'sequence')} longer than the model reads`] as const]
      : []),
    plan(event),
    [
      'workers',
      workers === 0
        ? `none: everything is embedded, and ${event.reattempts ? 'only what was quarantined may be tried again' : 'the result is to be written'}`
        : `${workers} on ${event.device}, with ${counted(event.threads, 'thread')} each`,
    ],
    ...(workers === 0 ? [] : [memory(event)]),
    disk(event),
    ...(event.estimate === null ? [] : [time(event.estimate)]),
    ['written', 'nothing; leave --dry-run out to begin'],
  ];
}

function sequences({
  sequences,
  copies,
  residues,
}: Pick<DryRunFigures, 'sequences' | 'copies' | 'residues'>): Section {
  const distinct = copies > 0 ? ` (${grouped(sequences - copies)} distinct: copies are computed once)` : '';
  return ['sequences', `${grouped(sequences)}${distinct}, ${counted(residues, 'residue')}`];
}

function lengths({ shortest, longest, mean, histogram }: Lengths): Section[] {
  const most = Math.max(...histogram.map((each) => each.sequences));
  const names = histogram.map(nameOf);
  const counts = histogram.map((each) => grouped(each.sequences));
  const [wide, high] = [names, counts].map((texts) => Math.max(...texts.map(({ length }) => length)));
  const bars = histogram.map((each, i) => {
    const bar = '#'.repeat(Math.ceil((BAR * each.sequences) / most));
    return `${names[i]!.padStart(wide!)}  ${counts[i]!.padStart(high!)}  ${bar}`;
  });
  return [['lengths', `${grouped(shortest)} to ${grouped(longest)}, ${grouped(mean)} on average`, ...bars]];
}

const nameOf = ({ from, to }: LengthBin) =>
  from === to ? grouped(from) : `${grouped(from)} to ${grouped(to)}`;

function plan({ batches, batch_tokens, shards, ...padding }: DryRunFigures): Section {
  const { tokens, padded_tokens, padding_share, tokens_at_most } = padding;
  const most = tokens_at_most ? 'at most ' : '';
  return [
    'plan',
    `${grouped(batches)} batches of up to ${grouped(batch_tokens)} tokens in ${counted(shards, 'shard')}`,
    `${most}${grouped(tokens)} tokens${tokens === padded_tokens ? '' : `, ${most}${grouped(padded_tokens)} with padding (${(100 * padding_share).toFixed(1)}% padding)`}`,
  ];
}

function memory({ workers, worker_memory_bytes, free_memory_bytes, estimate }: DryRunFigures): Section {
  const how = estimate === null ? 'about ' : '';
  const all = workers * worker_memory_bytes;
  const few = all > free_memory_bytes ? `${ROOM.short}: --workers N takes fewer` : '';
  return [
    'memory',
    `${how}${inBytes(worker_memory_bytes)} a worker, ${inBytes(all)} in all; ${inBytes(free_memory_bytes)} are free${few}`,
  ];
}

function disk({ checkpoint_bytes, result_bytes, index_bytes, disks }: DryRunFigures): Section {
  const parts = [
    [checkpoint_bytes, 'checkpoints'],
    [result_bytes, 'result'],
    [index_bytes, 'index'],
  ] as const;
  const needed = parts.flatMap(([bytes, what]) => (bytes > 0 ? [`${inBytes(bytes)} (${what})`] : []));
  return ['disk', `${needed.join(' + ')} are still to be written`, ...disks.map(room)];
}

const ROOM: Readonly<Record<Disk['verdict'], string>> = {
  enough: '',
  close: ', which is close',
  short: ', which is too little',
};

function room({ folder, need_bytes, free_bytes, verdict }: Disk): string {
  const free = free_bytes === null ? 'it is not known how much is free' : `${inBytes(free_bytes)} are free`;
  return `${inBytes(need_bytes)} on the disk of ${folder}: ${free}${ROOM[verdict]}`;
}

function time({
  seconds,
  tokens_per_second,
  batches_measured,
}: NonNullable<DryRunFigures['estimate']>): Section {
  return [
    'time',
    `about ${inTime(seconds)} to embed, at ${grouped(tokens_per_second)} tokens/s (${grouped(batches_measured)} of its batches measured)`,
  ];
}

/** Seconds in words, to about a tenth. */
function inTime(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} hours`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

const linesOf = (sections: readonly Section[]): string[] =>
  sections.flatMap(([heading, ...lines]) =>
    lines.map((line, i) => `${(i === 0 ? heading : '').padEnd(MARGIN)}${line}`.trimEnd()),
  );
