import type { RunEvent, Tell } from './events.js';
import { renderBar } from './progress.js';

/** Where a report goes; `process.stdout` is one. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Progress on a terminal is drawn at most this often, and told at most once a second elsewhere; milliseconds. */
const DRAW_EVERY = 100;
const TELL_EVERY = 1000;

/** A bar and plain sentences on a terminal; one line of JSON an event elsewhere. */
export function reporter(screen: Screen, now: () => number = Date.now): Tell {
  let last = Number.NEGATIVE_INFINITY;
  const due = (every: number) => {
    if (now() - last < every) return false;
    last = now();
    return true;
  };
  const frequent = (event: RunEvent) =>
    event.type === 'indexing' || (event.type === 'progress' && event.done < event.total);
  if (!screen.isTTY) {
    return (event) => {
      if (frequent(event) && !due(TELL_EVERY)) return;
      if (event.type === 'coordinator' && event.event.type === 'progress') return;
      const { type, ...rest } = event.type === 'coordinator' ? event.event : event;
      screen.write(`${JSON.stringify({ time: new Date(now()).toISOString(), event: type, ...rest })}\n`);
    };
  }
  return (event) => {
    if (frequent(event) && !due(DRAW_EVERY)) return;
    const line =
      event.type === 'progress'
        ? renderBar(
            { ...event, perSecond: event.per_second, secondsLeft: event.seconds_left },
            screen.columns ?? 80,
          )
        : null;
    if (line !== null) screen.write(`\r\x1b[2K${line}`);
    else if (event.type === 'indexing')
      screen.write(`\r\x1b[2Kreading ${event.file}: ${event.sequences} sequences`);
    else {
      const text = sentence(event);
      if (text !== null) screen.write(`\r\x1b[2K${text}\n`);
    }
  };
}

function sentence(event: RunEvent): string | null {
  switch (event.type) {
    case 'planned':
      return `${event.resumed ? 'resuming' : 'embedding'} ${event.sequences} sequences (${event.residues} residues) in ${event.shards} shards with ${event.workers} worker(s)`;
    case 'waiting':
      return event.reason;
    case 'repair':
      return `shard ${event.shard} is worked on again: ${event.reason}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'assembling':
      return `writing ${event.file}`;
    case 'complete':
      return `${event.already ? 'already complete' : 'complete'}: ${event.sequences} sequences × ${event.dim} in ${event.embeddings}, IDs in ${event.ids}`;
    case 'coordinator':
      return coordinatorSentence(event);
    default:
      return null;
  }
}

function coordinatorSentence({ event }: Extract<RunEvent, { type: 'coordinator' }>): string | null {
  return ['failed', 'retry', 'shard_failed', 'stopping'].includes(event.type)
    ? Object.entries(event)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')
    : null;
}
