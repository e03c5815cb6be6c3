import { counted, grouped, sanitize } from '@holdfast/options';
import { MOST_SHOWN } from './findings.js';
import type { RepairReport } from './repair.js';
import type { Report } from './report.js';

const MARKS = { whole: 'ok', faulty: 'FAULT', absent: '-', unchecked: '?' } as const;

/** A report for people: a line a kind of check, each fault with what to type, and a verdict. */
export function reportLines(report: Report): string[] {
  const { checks, faults, fault_counts: counts, notes, not_looked_at: unseen, repair } = report;
  const lines = checks.map(({ check, state, says }) => {
    const count = counts[check];
    return `${MARKS[state].padEnd(6)}${says}${count === undefined ? '' : `: ${counted(count, 'fault')}`}`;
  });
  for (const { file, place, problem, remedy } of faults)
    lines.push('', `${file}${place === undefined ? '' : `, ${place}`}: ${problem}`, `  → ${remedy}`);
  for (const [check, count] of Object.entries(counts))
    if (count > MOST_SHOWN)
      lines.push('', `${check}: ${grouped(count - MOST_SHOWN)} more faults of this kind`);
  if (notes.length > 0) lines.push('', ...notes.map((text) => `note: ${text}`));
  if (unseen.length > 0) lines.push('', ...unseen.map((text) => `not looked at: ${text}`));
  if (repair !== null) lines.push('', ...repairLines(repair));
  return [...lines, '', verdict(report)].map((line) => sanitize(line));
}

function repairLines({ moved, manifest_rebuilt, shards, record, index, join, left }: RepairReport): string[] {
  const next = [
    ...(record ? ['rebuilds run.json'] : []),
    ...(index ? ['makes the index again from the input'] : []),
    ...shards.map(({ shard, sequences }) =>
      sequences > 0
        ? `embeds ${counted(sequences, 'sequence')} of shard ${shard} again`
        : `embeds again what was set aside of shard ${shard}`,
    ),
    ...(join ? ['joins the result'] : []),
  ];
  return [
    ...moved.map((path) => `moved aside: ${path}`),
    ...(manifest_rebuilt
      ? ['the manifest was written again from the checkpoints; the old one is kept as .corrupt']
      : []),
    ...left,
    next.length === 0 ? 'the next run has nothing to do again' : `the next run ${inWords(next)}`,
  ];
}

const inWords = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

function verdict({
  folder,
  ok,
  state,
  at_work,
  quick,
  sequences,
  sequences_done: done,
  fault_counts,
  repair,
}: Report): string {
  const faults = Object.values(fault_counts).reduce((sum, count) => sum + count, 0);
  if (faults > 0 && !ok) return `${folder}: ${counted(faults, 'fault')}.`;
  if (faults > 0)
    return `${folder}: ${counted(faults, 'fault')}, dealt with. Now run the holdfast embed command that made the run.`;
  const extent = quick ? ' as far as sizes and markers tell' : '';
  if (state === 'complete' && !at_work)
    return `${folder} is whole${extent}${repair === null ? '' : ': nothing to repair'}.`;
  const far =
    done === null || sequences === null ? '' : `: ${grouped(done)} of ${counted(sequences, 'sequence')}`;
  return `${folder} is whole so far${extent}${far}.`;
}
