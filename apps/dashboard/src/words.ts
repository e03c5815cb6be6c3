import type { History } from '@holdfast/dashboard';
import type { CommandSpan, Incident, State, Status } from '@holdfast/status';

/** A number with commas: 1,234,567. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US');

/** A count and its noun. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Why there are fewer rows than sequences. */
export const copiesWords = (count: number): string =>
  count === 1
    ? '1 sequence is a copy and was not computed again'
    : `${grouped(count)} sequences are copies and were not computed again`;

/** Seconds as people say them: 42 s, 3 min, 2 h 5 min, 4 d 3 h. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Bytes in binary units: 1.2 GiB. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** at;
  return `${value >= 100 || at === 0 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}

/** A share as percent, never 100% before it is all. */
export function percent(done: number, total: number): string {
  if (total === 0) return '0%';
  return `${(Math.floor((1000 * done) / total) / 10).toFixed(1).replace(/\.0$/, '')}%`;
}

/** What a state is called at the top of the page. */
export const STATES: Readonly<Record<State, string>> = {
  none: 'No run here',
  planning: 'Planning',
  planned: 'Planned',
  running: 'Running',
  replacing: 'Replacing',
  stopped: 'Stopped',
  failed: 'Failed',
  computed: 'Computed',
  complete: 'Complete',
  damaged: 'Damaged',
};

/** Kinds of failures whose names say little. */
const KINDS: Readonly<Record<string, string>> = {
  spot_preemption: 'ended from outside, as when a spot instance is taken away or memory runs out',
};

/** An incident as a sentence. */
export function incidentWords({ event, message, slot, shard, kind, task }: Incident): string {
  const who = [
    task === null ? null : `Task ${task}`,
    slot === null ? null : `Worker ${slot}`,
    slot === null && shard !== null ? `Shard ${shard}` : null,
  ].filter((each) => each !== null);
  const subject = who.join(', ') || 'The run';
  if (event === 'failed') {
    const place = shard === null ? 'before it had a shard' : `on shard ${shard}`;
    const sort = kind === null ? '' : ` (${KINDS[kind] ?? kind.replaceAll('_', ' ')})`;
    return `${subject} failed ${place}${sort}: ${message.replace(/^failed: /, '')}`;
  }
  if (event === 'retry') return `Shard ${shard} ${message}`;
  return `${subject}: ${message}`;
}

/** What happened at a moment. */
export interface Happening {
  at: string;
  kind: 'trouble' | 'action' | 'saved' | 'command';
  words: string;
}

/** What was done about a failure. */
const ACTIONS: ReadonlySet<string> = new Set(['retry', 'breaker', 'redistributed']);

/**
 * How a command began that found an earlier one's work.
 *
 * @param leftOut how many commands just before it are no longer recorded.
 * @param before the last one before it that is.
 */
function resumedWords(leftOut: number, { ended, signal }: CommandSpan): string {
  if (leftOut === 1) return 'The run was resumed. The command before is no longer recorded.';
  if (leftOut > 1)
    return `The run was resumed. The ${grouped(leftOut)} commands before are no longer recorded.`;
  if (signal !== null) return `The run was resumed. ${signal} had stopped the command before.`;
  if (ended !== null) return 'The run was resumed. The command before had ended.';
  return 'The run was resumed. The command before ended without recording why: it was killed, or its machine was lost.';
}

type Stands = Pick<Status, 'state' | 'command' | 'cluster'>;

/** How the last command ended, if it is gone and the run is not complete. */
function goneWords({ state, command, cluster }: Stands): string | null {
  // The tasks of a run on several machines have a table of their own.
  if (state === 'complete' || cluster !== null || command === null || command.running !== false) return null;
  if (command.ended !== null) return `The command ended: ${command.ended}`;
  return 'The command ended without recording why: it was killed, or its machine was lost.';
}

/**
 * Everything that happened in words, newest first: the beginnings of commands, incidents, and the checkpoints between them, which
 * are one line.
 */
export function happenings({ checkpoints, commands, incidents }: History, status: Stands): Happening[] {
  const between: Happening[] = [
    ...commands.map(({ began: at, left_out }, place) => ({
      at,
      kind: 'command' as const,
      words: place === 0 ? 'The run began.' : resumedWords(left_out, commands[place - 1]!),
    })),
    ...incidents.map((incident) => ({
      at: incident.time,
      kind: ACTIONS.has(incident.event) ? ('action' as const) : ('trouble' as const),
      words: incidentWords(incident),
    })),
  ];
  const gone = goneWords(status);
  const seen = status.command?.last_seen_at ?? null;
  if (gone !== null && seen !== null) between.push({ at: seen, kind: 'command', words: gone });
  const all = [
    ...checkpoints.map((save) => ({ at: save.at, save })),
    ...between.map((happening) => ({ at: happening.at, happening })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const found: Happening[] = [];
  let saved = { count: 0, rows: 0, shards: new Set<number>() };
  for (const each of all) {
    if ('happening' in each) {
      saved = { count: 0, rows: 0, shards: new Set() };
      found.push(each.happening);
      continue;
    }
    const { at, save } = each;
    saved.count++;
    saved.rows += save.rows;
    saved.shards.add(save.shard);
    if (saved.count > 1) found.pop();
    const where = saved.shards.size === 1 ? `shard ${save.shard}` : counted(saved.shards.size, 'shard');
    const words = `Saved ${counted(saved.count, 'checkpoint')} of ${where}: ${counted(saved.rows, 'row')}`;
    found.push({ at, kind: 'saved', words });
  }
  return found.reverse();
}

/** What went wrong in a run, or that nothing did: also that it was resumed, which is no failure of its own. */
export function troubles({ incidents, commands, at_least }: History): string {
  const failed = incidents.length === 0 ? 'no failures' : counted(incidents.length, 'incident');
  const resumed = commands.reduce((count, { left_out }) => count + left_out + 1, -1);
  const again = resumed < 1 ? '' : `, resumed ${resumed === 1 ? 'once' : `${grouped(resumed)} times`}`;
  return `${failed}${at_least ? ' that the logs still have' : ''}${again}`;
}
