import { dirname } from 'node:path';
import { shellWord } from '@holdfast/options';
import type { Facts } from '../facts.js';
import type { ClusterStatus, Status } from '../status.js';
import { rerunCommand } from './rerun-command.js';

/** What to do next. */
export function nextStep(status: Omit<Status, 'next'>, facts: Facts): Status['next'] {
  const dir = shellWord(status.dir);
  const running = status.command?.running === true;
  switch (status.state) {
    case 'none':
      return { text: 'to begin one', command: `holdfast embed INPUT --out ${dir}` };
    case 'damaged':
      if (running) break;
      return {
        text: 'to find out what is damaged, and what the next run will repair',
        command: `holdfast verify ${dir}`,
      };
    case 'complete':
      return whenComplete(status, dir);
    case 'replacing':
      if (running) break;
      return {
        text: 'rerun the command without --force-restart to finish the replacement',
        command: null,
      };
    case 'planned':
    case 'computed':
    case 'stopped':
    case 'failed':
      return status.cluster === null ? toResume(status, facts) : onCluster(status.state, status.cluster, dir);
  }
  return { text: 'to watch it', command: `holdfast status ${dir} --watch` };
}

/** What a run on several machines needs while nothing works on it. */
function onCluster(
  state: 'planned' | 'computed' | 'stopped' | 'failed',
  { submitted }: ClusterStatus,
  dir: string,
): Status['next'] {
  const queue = 'if no job of it is in the queue any more';
  if (state === 'computed')
    return {
      text: submitted ? `to join its shards, ${queue}` : 'to join its shards',
      command: `holdfast join ${dir}`,
    };
  if (submitted)
    return {
      text: `${queue}, type the line with holdfast submit again; it submits what is left`,
      command: null,
    };
  return { text: 'start this on as many machines as you like', command: `holdfast work ${dir}` };
}

/** Kinds that a rerun reattempts: the machine may have been at fault. */
const SET_ASIDE = ['oom', 'crash', 'hang'];

function whenComplete({ result, quarantined: { kinds } }: Omit<Status, 'next'>, dir: string): Status['next'] {
  const where = `the result is in ${resultFiles(result?.files ?? [])}, for holdfast get, search, plot and export`;
  if (SET_ASIDE.some((kind) => kinds[kind] !== undefined))
    return {
      text: `${where}; rerun the same command to reattempt the sequences that were set aside`,
      command: null,
    };
  return { text: `${where}; to see it in a browser`, command: `holdfast dashboard ${dir}` };
}

/** The files of a result in words: those of further outputs, which are many, by their number and folder. */
function resultFiles(files: readonly string[]): string {
  const more = files.filter((file) => dirname(file).endsWith('more_outputs'));
  const own = files.filter((file) => !more.includes(file));
  if (more.length < 2) return listed(files);
  return listed([...own, `${more.length} files in ${dirname(more[0]!)}`]);
}

function toResume({ dir, command }: Omit<Status, 'next'>, { glance: { run } }: Facts): Status['next'] {
  if (run.is !== 'read') return { text: 'rerun the same command', command: null };
  const { inputs } = run.value;
  const wait = command?.workers_alive ? ' (its workers are still saving rows; the rerun waits for them)' : '';
  const piped = inputs.some(({ path }) => path === '-') ? ' with the same standard input' : '';
  return {
    text: `to resume${piped}${wait} (with any other options that you gave, such as --format)`,
    command: rerunCommand(dir, run.value),
  };
}

/** Names as a sentence lists them. */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
