import { counted, grouped, sanitize } from '@holdfast/options';
import type { Status } from '../status.js';
import { renderProblems } from './render-problems.js';
import { renderShards, renderWorkers } from './render-tables.js';
import { renderTasks } from './render-tasks.js';
import type { Section } from './section.js';
import { ago, duration, percent } from './words.js';

/** A status as lines for people. No line can steer a terminal. */
export function render(status: Status): string[] {
  const sections: Section[] = [
    ['command', commandLines(status)],
    ['doing', doingLines(status)],
    ['sequences', sequenceLines(status)],
    ['speed', speedLines(status)],
    ['checkpoint', checkpointLines(status)],
    ['workers', renderWorkers(status)],
    ['tasks', renderTasks(status)],
    ['shards', renderShards(status)],
    ...renderProblems(status),
    ['warnings', status.result?.warnings ?? []],
    ['note', status.notes],
    ['next', nextLines(status)],
  ];
  return [title(status), ...sections.flatMap(inColumns)].map(sanitize);
}

/** Characters of the column of headings, with its margin. */
const MARGIN = 13;

const inColumns = ([heading, lines]: Section): string[] =>
  lines.map((line, i) => `${(i === 0 ? `  ${heading}` : '').padEnd(MARGIN)} ${line}`.trimEnd());

const TITLES: Readonly<Record<Status['state'], string>> = {
  none: 'no run of Holdfast',
  planning: 'a run is being planned',
  running: 'running',
  replacing: 'being replaced by --force-restart',
  planned: 'planned for several machines',
  stopped: 'stopped, not complete',
  failed: 'stopped, with failed shards',
  computed: 'computed, not joined',
  complete: 'complete',
  damaged: 'damaged',
};

function title({
  dir,
  state,
  reason,
  quarantined,
  sequences_embedded: done,
  sequences_total: total,
}: Status): string {
  const but =
    state === 'complete' && quarantined.sequences > 0
      ? `, ${grouped(quarantined.sequences)} quarantined`
      : '';
  const share = state === 'running' && done !== null && total !== null ? `, ${percent(done, total)}` : '';
  return `${dir}: ${TITLES[state]}${but}${share}${reason === null ? '' : `: ${reason}`}`;
}

function commandLines({ command, cluster, at }: Status): string[] {
  if (command === null) return [];
  const { running, known_by, host, pid, since, last_seen_at, ended } = command;
  // That of a planned run has done its work; its tasks do the rest.
  if (cluster !== null && running !== true && ended === null) return [];
  const who = pid === null ? 'a process' : `process ${pid} on ${host}`;
  const seen = last_seen_at === null ? '' : `, last sign of life ${ago(last_seen_at, at)}`;
  if (running === true) {
    const long = since === null ? '' : ` for ${duration((Date.parse(at) - Date.parse(since)) / 1000)}`;
    // A lock that cannot be seen from here says nothing, so its age is what there is.
    return [`${who}, running${long}${known_by === 'lock' ? '' : seen}`];
  }
  const lines =
    running === null
      ? [`${who}; this machine cannot see whether it still runs${seen}`]
      : [`none is running; the last was ${who}${seen}`];
  if (ended !== null) lines.push(`it ended: ${ended}`);
  return lines;
}

function doingLines({ doing, input }: Status): string[] {
  if (input !== null) return [`reading ${input.file}: ${counted(input.sequences, 'sequence')} so far`];
  return doing === null ? [] : [doing];
}

function sequenceLines(status: Status): string[] {
  const { state, sequences_done: done, sequences_embedded: embedded, sequences_total: total } = status;
  const same = status.sequences_copies ?? 0;
  const copies =
    same === 0
      ? []
      : [`${grouped(same)} more ${same === 1 ? 'is a copy' : 'are copies'}, and not computed again`];
  if (status.result !== null) {
    const among =
      same === 0
        ? ''
        : `; ${grouped(same)} ${same === 1 ? 'is a copy of another and was' : 'are copies of others and were'} not computed again`;
    return [`${grouped(status.result.sequences)} × ${status.result.dim}${among}`];
  }
  if (done === null || total === null || state === 'none') return [];
  const all = grouped(total);
  if (embedded === null || embedded === done)
    return [`${grouped(done)} of ${all} saved in checkpoints (${percent(done, total)})`, ...copies];
  return [
    `${grouped(embedded)} of ${all} embedded (${percent(embedded, total)}), ${grouped(done)} of them saved in checkpoints`,
    ...copies,
  ];
}

function speedLines({ tokens_per_second: speed, seconds_left: left }: Status): string[] {
  if (speed === null) return [];
  return [`${grouped(Math.round(speed))} tokens/s${left === null ? '' : `, ${duration(left)} left`}`];
}

function checkpointLines({ state, last_checkpoint_at: saved, at }: Status): string[] {
  return saved === null || state === 'complete' ? [] : [`the last ${ago(saved, at)}`];
}

function nextLines({ next: { text, command } }: Status): string[] {
  return command === null ? [text] : [`${text}:`, command];
}
