import { counted, grouped } from '@holdfast/options';
import type { Status, TaskStatus } from '../status.js';
import { table } from './table.js';
import { duration, percent } from './words.js';

/** How many lines of a table are shown. */
const MOST = 20;

/** Seconds of silence that are worth a word: several beats are missing. */
const LATE = 20;

const ORDER = ['working', 'silent', 'killed', 'ended'] as const;

const HEADING: Readonly<Record<TaskStatus['state'], string>> = {
  working: 'at work',
  silent: 'silent for longer than the lease',
  killed: 'killed',
  ended: 'ended',
};

/** The tasks of a run on several machines: counts, then one a line, those at work first. */
export function renderTasks({ cluster, state }: Status): string[] {
  if (cluster === null || cluster.tasks.length === 0) return [];
  const { tasks, lease_seconds: lease } = cluster;
  const counts = ORDER.flatMap((each) => {
    const many = tasks.filter((task) => task.state === each).length;
    return many > 0 ? [`${grouped(many)} ${HEADING[each]}`] : [];
  });
  const line = counts.join(', ');
  if (state === 'complete') return [line];
  // A stable sort: within a state the newest beat stays first.
  const sorted = [...tasks].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const rows = sorted.slice(0, MOST).map((task) => [task.task, task.node, starts(task), says(task, lease)]);
  const more = tasks.length - MOST;
  return [
    line,
    ...table(rows),
    ...(more > 0 ? [`and ${counted(more, 'more task')}, which --json lists`] : []),
  ];
}

/** Most tasks start once. */
const starts = ({ start }: TaskStatus) => (start > 1 ? `start ${start}` : '');

function says(task: TaskStatus, lease: number | null): string {
  const { state, doing, shards, ended, silent_seconds: silent } = task;
  if (state === 'ended') return `ended with exit code ${ended!.exit_code}: ${ended!.message}`;
  if (state === 'killed') return 'killed: it did not say how it ended';
  const after = lease === null ? '' : `, lease ${duration(lease)}`;
  const long = `silent for ${duration(silent)}${after}`;
  if (state === 'silent') return `${long}: its shards are for other tasks now`;
  const work = shards.map(({ shard, sequences, done }) => `shard ${shard} ${percent(done, sequences)}`);
  const at = doing ?? (work.length > 0 ? work.join(', ') : 'looking for a shard');
  return silent < LATE ? at : `${at}; ${long}`;
}
