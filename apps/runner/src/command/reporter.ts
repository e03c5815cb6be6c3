import { nameSystemErrors } from '@holdfast/durable';
import { sanitize } from '@holdfast/options';
import type { Padding } from '@holdfast/plan';
import type { Enough } from '@holdfast/preflight';
import { eventRecord, type Report, type RunEvent } from '../events.js';
import { renderBar } from './progress-bar.js';

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
export function reporter(screen: Screen, now: () => number = Date.now): Report {
  let last = Number.NEGATIVE_INFINITY;
  const due = (every: number) => {
    const since = now() - last;
    // A clock that was set back must not silence the run until it has caught up.
    if (since >= 0 && since < every) return false;
    last = now();
    return true;
  };
  const frequent = (event: RunEvent) =>
    event.type === 'indexing' || (event.type === 'progress' && event.sequences_done < event.sequences_total);
  if (!screen.isTTY) {
    return (event) => {
      if (frequent(event) && !due(TELL_EVERY)) return;
      if (event.type === 'coordinator' && event.event.type === 'progress') return;
      screen.write(`${nameSystemErrors(JSON.stringify(eventRecord(event, now())))}\n`);
    };
  }
  return (event) => {
    if (frequent(event) && !due(DRAW_EVERY)) return;
    // Some pseudo-terminals say 0 where they don't know their width.
    const line = passing(event, screen.columns || 80);
    const text = sentence(event);
    if (line !== null) screen.write(`\r\x1b[2K${line}`);
    else if (text !== null) screen.write(`\r\x1b[2K${sanitize(nameSystemErrors(text))}\n`);
  };
}

/** What is drawn over itself: one line, so never as wide as the terminal. */
function passing(event: RunEvent, width: number): string | null {
  if (event.type === 'progress')
    return renderBar(
      {
        done: event.sequences_done,
        total: event.sequences_total,
        perSecond: event.tokens_per_second,
        secondsLeft: event.seconds_left,
      },
      width,
    );
  if (event.type === 'indexing')
    return `${event.sequences} sequences read, now ${sanitize(event.file)}`.slice(0, width - 1);
  return null;
}

function sentence(event: RunEvent): string | null {
  switch (event.type) {
    case 'planned':
      return plannedSentence(event);
    case 'trying_model':
      return `trying the model ${event.model} on ${event.device}`;
    case 'trying_device':
      return `trying the device ${event.device}`;
    case 'calibrating':
      return `measuring how many tokens suit a batch on ${event.device}`;
    case 'calibrated':
      return `${event.batch_tokens} tokens in a batch on ${event.device}${ENOUGH[event.reason]}`;
    case 'waiting':
      return event.reason;
    case 'retrying':
      return `trying ${event.sequences} quarantined sequence(s) again, each alone`;
    case 'retried':
      return `${event.sequences_recovered} of ${event.sequences} quarantined sequence(s) are embedded now`;
    case 'repair':
      return `shard ${event.shard} is worked on again: ${event.reason}`;
    case 'warning':
      return `warning: ${event.message}`;
    case 'assembling':
      return `writing ${event.file}`;
    case 'complete':
      return completeSentence(event);
    case 'coordinator':
      return coordinatorSentence(event);
    default:
      return null;
  }
}

function plannedSentence(event: Extract<RunEvent, { type: 'planned' }>): string {
  const { resumed, sequences_done, sequences, residues, shards, workers, device } = event;
  const begun = resumed
    ? `resuming: ${grouped(sequences_done)} of ${grouped(sequences)} done (${counted(residues, 'residue')})`
    : `embedding ${counted(sequences, 'sequence')} (${counted(residues, 'residue')})`;
  return `${begun} in ${counted(shards, 'shard')} with ${counted(workers, 'worker')} on ${device}; ${tokens(event)}`;
}

const grouped = (count: number) => count.toLocaleString('en-US');
const counted = (count: number, what: string) => `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;

function completeSentence(event: Extract<RunEvent, { type: 'complete' }>): string {
  const { already, sequences, quarantined, quarantine, dim, embeddings, ids } = event;
  const but =
    quarantined > 0 ? ` but for ${quarantined} quarantined sequence(s), listed in ${quarantine}` : '';
  const padded = event.tokens === undefined ? '' : `; ${tokens(event)}`;
  return `${already ? 'already complete' : 'complete'}${but}: ${sequences} sequences × ${dim} in ${embeddings}, IDs in ${ids}${padded}`;
}

const ENOUGH: Readonly<Record<Enough, string>> = {
  gain: '; more are no faster',
  memory: '; more find no memory',
  time: '; no time to measure more',
  most: '',
};

function tokens(event: Padding): string {
  const [all, padded] = [counted(event.tokens, 'token'), grouped(event.padded_tokens)];
  if (event.tokens_at_most) return `at most ${all}, ${padded} with padding`;
  return `${all}, ${padded} with padding (${(100 * event.padding_share).toFixed(1)}% padding)`;
}

function coordinatorSentence({ event }: Extract<RunEvent, { type: 'coordinator' }>): string | null {
  switch (event.type) {
    case 'failed': {
      const work = event.shard === null ? 'before it had a shard' : `on shard ${event.shard}`;
      return `worker ${event.slot} failed ${work} (${event.kind}): ${event.message}`;
    }
    case 'retry':
      return `shard ${event.shard} is tried again in ${event.delayMs / 1000} s: ${event.reason}`;
    case 'shard_failed':
      return `shard ${event.shard} has failed (${event.kind}): ${event.message}`;
    case 'retry_given_up':
      return `quarantined sequences of shard ${event.shard} are not tried again in this run (${event.kind}): ${event.message}; its other sequences are complete`;
    case 'breaker':
      return `shard ${event.shard}: ${event.reason}; the sequences at fault are searched for`;
    case 'quarantined':
      return `${event.id} (sequence ${event.ordinal}) is quarantined after ${event.attempts} attempts (${event.kind}): ${event.error}`;
    case 'waiting': {
      const seconds = (ms: number) => Math.round(ms / 1000);
      const at = event.shard === null ? (event.stage ?? 'starting') : `at shard ${event.shard}`;
      return `waiting for worker ${event.slot}, which is ${at}: ${seconds(event.silentMs)} s so far, given up after ${seconds(event.limitMs)} s`;
    }
    case 'stalled':
      return `worker ${event.slot} made no progress for ${Math.round(event.silentMs / 1000)} s, and is ended`;
    case 'redistributed':
      return `shard ${event.shard} goes to worker ${event.to}: worker ${event.from} is out of retries with it`;
    case 'slot_closed':
      return `worker ${event.slot} is given up: ${event.reason}`;
    case 'unrecorded':
      return `shard ${event.shard}: its failures could not be recorded: ${event.message}`;
    case 'stopping':
      return `${event.signal}: workers save what they have`;
    case 'killed':
      return `worker ${event.slot} is killed: ${event.reason}`;
    case 'output':
      return event.stream === 'stderr' ? `worker ${event.slot}: ${event.line}` : null;
    default:
      return null;
  }
}
