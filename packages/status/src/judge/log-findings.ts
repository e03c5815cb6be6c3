import type { LogEvent } from '../read/log-lines.js';
import { isOrdinaryEnd, retryWords } from './incident-words.js';

/** Something that went wrong, or was done about it. */
export interface Incident {
  time: string;
  event: string;
  /** The task of a run on several machines to which it happened. */
  task: string | null;
  slot: number | null;
  shard: number | null;
  kind: string | null;
  /** What happened, in words. */
  message: string;
}

/** A sequence that was quarantined. */
export interface QuarantinedEntry {
  id: string;
  ordinal: number;
  kind: string;
  error: string;
}

export interface LogFindings {
  failures: number;
  retries: number;
  /** Failures and what was done about them, oldest first. */
  incidents: Incident[];
  /** Each once, as last reported, in input order. */
  quarantined: QuarantinedEntry[];
  /** The signal that stopped the last command. */
  stoppedBy: string | null;
}

/** An incident in words, by type of event; other events are no incidents. */
const WORDS: Readonly<Record<string, (event: LogEvent) => string | undefined>> = {
  failed: ({ message }) => `failed: ${text(message)}`,
  retry: ({ reason, ...event }) => {
    const delay = event['delay_ms'] ?? event['delayMs'];
    return retryWords(typeof delay === 'number' ? delay : null, event['slot_only'] === true, text(reason));
  },
  breaker: ({ reason }) => `${text(reason)}; isolating the sequences at fault`,
  redistributed: ({ from, to }) => `moving from worker ${text(from)} to worker ${text(to)}`,
  shard_failed: ({ message }) => `gave up: ${text(message)}`,
  retry_given_up: ({ message }) => `gave up on its quarantined sequences: ${text(message)}`,
  stalled: (event) => `made no progress for ${seconds(event['silent_ms'] ?? event['silentMs'])} s`,
  killed: ({ reason }) => (isOrdinaryEnd(reason) ? undefined : `killed: ${text(reason)}`),
  slot_closed: ({ reason }) => `no more workers start: ${text(reason)}`,
  unrecorded: ({ message }) => `could not record its failures: ${text(message)}`,
};

/**
 * The failures and quarantined sequences in the logs.
 *
 * @param since milliseconds since 1970: when the last command began, whose incidents these are. Null: all.
 */
export function logFindings(events: readonly LogEvent[], since: number | null): LogFindings {
  const found: LogFindings = { failures: 0, retries: 0, incidents: [], quarantined: [], stoppedBy: null };
  const quarantined = new Map<number, QuarantinedEntry>();
  for (const event of events) {
    if (event.type === 'quarantined') addTo(quarantined, event);
    if (since !== null && Date.parse(event.time) < since) continue;
    if (event.type === 'failed') found.failures++;
    if (event.type === 'retry') found.retries++;
    if (event.type === 'stopped' && event.of === undefined && typeof event['signal'] === 'string')
      found.stoppedBy = event['signal'];
    if (event.type === 'spawned' && event.of === undefined) found.stoppedBy = null;
    const message = WORDS[event.type]?.(event);
    if (message === undefined) continue;
    const { slot, shard, kind } = event;
    found.incidents.push({
      time: event.time,
      event: event.type,
      task: event.of ?? null,
      slot: typeof slot === 'number' ? slot : null,
      shard: typeof shard === 'number' ? shard : null,
      kind: typeof kind === 'string' ? kind : null,
      message,
    });
  }
  found.quarantined = [...quarantined.values()].sort((a, b) => a.ordinal - b.ordinal);
  return found;
}

function addTo(quarantined: Map<number, QuarantinedEntry>, { id, ordinal, kind, error }: LogEvent): void {
  if (typeof ordinal !== 'number') return;
  quarantined.set(ordinal, { id: text(id), ordinal, kind: text(kind), error: text(error) });
}

/** The sequences in lines of a `quarantine.tsv`. */
export function quarantinedIn(lines: readonly string[]): QuarantinedEntry[] {
  return lines.map((line) => {
    const [id = '', ordinal, kind = '', , error = ''] = line.split('\t');
    return { id, ordinal: Number(ordinal), kind, error };
  });
}

const text = (value: unknown) => (typeof value === 'string' ? value : String(value ?? ''));
const seconds = (ms: unknown) => (typeof ms === 'number' ? Math.round(ms / 100) / 10 : '?');
