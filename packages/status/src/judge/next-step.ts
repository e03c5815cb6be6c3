import type { Facts } from '../facts.js';
import type { Status } from '../status.js';
import { quoted, rerunCommand } from './rerun-command.js';

/** What to do next. */
export function nextStep(status: Omit<Status, 'next'>, facts: Facts): Status['next'] {
  const dir = quoted(status.dir);
  const running = status.command?.running === true;
  switch (status.state) {
    case 'none':
      return { text: 'to begin a run there', command: `holdfast embed INPUT --out ${dir}` };
    case 'damaged':
      if (running) break;
      return { text: 'to see what is damaged, and what a rerun would do', command: `holdfast verify ${dir}` };
    case 'complete':
      return whenComplete(status);
    case 'replacing':
      if (running) break;
      return {
        text: 'rerun that command without --force-restart: it finishes the replacement',
        command: null,
      };
    case 'stopped':
    case 'failed':
      return toResume(status, facts);
  }
  return { text: 'to go on watching', command: `holdfast status ${dir} --watch` };
}

/** Kinds that a rerun tries again: the machine may have been at fault. */
const SET_ASIDE = ['oom', 'crash', 'hang'];

function whenComplete({ result, quarantined: { kinds, table } }: Omit<Status, 'next'>): Status['next'] {
  const where = `the result is in ${result?.files.join(' and ') ?? ''}`;
  if (table === null) return { text: where, command: null };
  const again = SET_ASIDE.some((kind) => kinds[kind] !== undefined)
    ? '; rerunning its command tries those again that the model did not refuse itself'
    : '';
  return { text: `${where}${again}`, command: null };
}

function toResume({ dir, command }: Omit<Status, 'next'>, { glance: { run } }: Facts): Status['next'] {
  if (run.is !== 'read') return { text: 'rerun its command', command: null };
  const { inputs } = run.value;
  const wait = command?.workers_alive
    ? ' (its workers are still saving their rows; the rerun waits for them)'
    : '';
  const piped = inputs.some(({ path }) => path === '-') ? ', with the same standard input' : '';
  return {
    text: `to resume${piped}${wait}, with the thresholds and the --format it had, if any`,
    command: rerunCommand(dir, run.value),
  };
}
