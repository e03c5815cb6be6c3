import { counted, grouped, inBytes } from '@holdfast/options';
import type { Padding } from '@holdfast/plan';
import type { Enough } from '@holdfast/preflight';
import { isOrdinaryEnd, kindWords, retryWords } from '@holdfast/status';
import type { RunEvent } from '../events.js';

/** An event as a sentence for people, or null if it is not shown to them. */
export function sentence(event: RunEvent): string | null {
  switch (event.type) {
    case 'settings':
      return `settings: ${event.settings.map(({ option, from }) => `${option} from ${from}`).join(', ')}`;
    case 'downloaded':
      return `downloaded ${event.model}: ${inBytes(event.bytes)} in ${event.folder}`;
    case 'planned':
      return plannedSentence(event);
    case 'task':
      return `task ${event.task} on ${event.node}${event.start > 1 ? `, started for the ${ordinal(event.start)} time` : ''}`;
    case 'trying_model':
      return `testing the model ${event.model} on ${event.device}`;
    case 'model_passed_before':
      return `the model ${event.model} passed its test on ${event.device} on ${event.passed_at.slice(0, 10)}; not testing it again`;
    case 'trying_device':
      return `testing the device ${event.device}`;
    case 'calibrating':
      return `measuring the best token budget on ${event.device}`;
    case 'calibrated':
      return `token budget on ${event.device}: ${grouped(event.batch_tokens)} per batch${ENOUGH[event.reason]}`;
    case 'measuring_speed':
      return `computing a few batches with ${counted(event.workers, 'worker')} on ${event.device}, to estimate the time`;
    case 'model_missing':
      return `the model ${event.model} is not on this machine; the run would download it${event.bytes === null ? '' : ` (${inBytes(event.bytes)})`}; to download it now: holdfast models get ${event.model}`;
    case 'comparing_precision':
      return `comparing ${event.precision} with fp32 on ${counted(event.sequences, 'sequence')}`;
    case 'precision_compared':
      return `${event.precision} against fp32 on ${counted(event.sequences, 'sequence')}: cosine of rows ${event.cosine_median} in the median, ${event.cosine_worst} at worst`;
    case 'waiting':
      return event.reason;
    case 'retrying':
      return `reattempting ${counted(event.sequences, 'quarantined sequence')}, each alone`;
    case 'retried':
      return `recovered ${grouped(event.sequences_recovered)} of ${counted(event.sequences, 'quarantined sequence')}`;
    case 'paused':
      return `paused: the disk is full (${event.message}); make room on the disk of ${event.folder}, and the run goes on by itself`;
    case 'continued':
      return `there is room again after ${counted(event.seconds, 'second')}; going on`;
    case 'repair':
      return `repairing shard ${event.shard}: ${event.reason}`;
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

/** A number as the place in a row: 2nd, 3rd, 11th, 21st. */
function ordinal(number: number): string {
  const teens = number % 100 > 10 && number % 100 < 14;
  return `${number}${(!teens && ['th', 'st', 'nd', 'rd'][number % 10]) || 'th'}`;
}

function plannedSentence(event: Extract<RunEvent, { type: 'planned' }>): string {
  const { resumed, sequences_done, sequences, copies, residues, shards, workers, device } = event;
  const distinct = copies > 0 ? `${grouped(sequences - copies)} of them distinct, ` : '';
  const done = `${grouped(sequences_done)} of ${grouped(sequences - copies)}`;
  const kept =
    copies > 0
      ? `${done} distinct sequences are done; ${counted(sequences, 'sequence')} and `
      : `${done} sequences are done; `;
  const begun = resumed
    ? `resuming: ${kept}${counted(residues, 'residue')} in all,`
    : `embedding ${counted(sequences, 'sequence')} (${distinct}${counted(residues, 'residue')})`;
  return `${begun} in ${counted(shards, 'shard')} with ${counted(workers, 'worker')} on ${device}; ${tokens(event)}`;
}

function completeSentence(event: Extract<RunEvent, { type: 'complete' }>): string {
  const { already, sequences, quarantined, quarantine, quarantine_ok, dim, embeddings, ids } = event;
  const made = event.full_name === undefined ? '' : ` (${event.full_name})`;
  const more = event.more_outputs === undefined ? '' : `, more in ${event.more_outputs}`;
  const excused = quarantine_ok ? '; exit code 0, as --quarantine-ok asks' : '';
  const except =
    quarantined > 0
      ? ` except for ${counted(quarantined, 'quarantined sequence')}, listed in ${quarantine}`
      : '';
  const padded = event.tokens === undefined ? '' : `; ${tokens(event)}`;
  return `${already ? 'already complete' : 'complete'}${except}: ${counted(sequences, 'sequence')} × ${dim}${made} in ${embeddings}, IDs in ${ids}${more}${padded}${excused}`;
}

const ENOUGH: Readonly<Record<Enough, string>> = {
  gain: '; larger batches are no faster',
  memory: '; larger batches run out of memory',
  time: '; larger ones were not measured, for lack of time',
  most: '',
};

function tokens(event: Padding): string {
  const [all, padded] = [counted(event.tokens, 'token'), grouped(event.padded_tokens)];
  if (event.tokens_at_most) return `at most ${all}, ${padded} with padding`;
  if (event.padded_tokens === event.tokens) return all;
  return `${all}, ${padded} with padding (${(100 * event.padding_share).toFixed(1)}% padding)`;
}

function coordinatorSentence({ event }: Extract<RunEvent, { type: 'coordinator' }>): string | null {
  switch (event.type) {
    case 'failed': {
      const work = event.shard === null ? 'before it had a shard' : `on shard ${event.shard}`;
      return `worker ${event.slot} failed ${work} (${kindWords(event.kind)}): ${event.message}`;
    }
    case 'claim_lost':
      return `shard ${event.shard} is another task's now: ${event.message}`;
    case 'retry':
      return `shard ${event.shard} ${retryWords(event.delayMs, event.slotOnly === true, event.reason)}`;
    case 'shard_failed':
      return `gave up on shard ${event.shard} (${kindWords(event.kind)}): ${event.message}`;
    case 'retry_given_up':
      return `gave up on the quarantined sequences of shard ${event.shard} (${kindWords(event.kind)}): ${event.message}; its other sequences are complete`;
    case 'breaker':
      return `shard ${event.shard}: ${event.reason}; searching for the sequences at fault`;
    case 'quarantined':
      return `quarantined ${event.id} (sequence ${event.ordinal}) after ${counted(event.attempts, 'attempt')} (${event.kind}): ${event.error}`;
    case 'waiting': {
      const seconds = (ms: number) => Math.round(ms / 1000);
      const at = event.shard === null ? (event.stage ?? 'starting') : `on shard ${event.shard}`;
      return `waiting for worker ${event.slot} (${at}): ${seconds(event.silentMs)} s so far, limit ${seconds(event.limitMs)} s`;
    }
    case 'stalled':
      return `worker ${event.slot} made no progress for ${Math.round(event.silentMs / 1000)} s; stopping it`;
    case 'redistributed':
      return `moving shard ${event.shard} to worker ${event.to}: worker ${event.from} is out of retries for it`;
    case 'slot_closed':
      return `gave up on worker ${event.slot}: ${event.reason}`;
    case 'unrecorded':
      return `could not record the failures of shard ${event.shard}: ${event.message}`;
    case 'stopping':
      return `${event.signal}: stopping; each worker saves its rows first`;
    case 'killed':
      return isOrdinaryEnd(event.reason) ? null : `killed worker ${event.slot}: ${event.reason}`;
    case 'output':
      return event.stream === 'stderr' ? `worker ${event.slot}: ${event.line}` : null;
    default:
      return null;
  }
}
