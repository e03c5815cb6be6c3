import { counted, grouped } from '@holdfast/options';
import { kindWords } from '../judge/incident-words.js';
import type { Incident, QuarantinedEntry } from '../judge/log-findings.js';
import type { Status } from '../status.js';
import type { Section } from './section.js';
import { ago } from './words.js';

/** How many incidents and quarantined sequences are shown. */
const SHOWN = 5;

/** Failures, retries and quarantined sequences, with their reasons. */
export function renderProblems({ failures, quarantined, at, dir, state, cluster }: Status): Section[] {
  const sections: Section[] = [];
  const { newest, at_least } = failures;
  if (newest.length > 0 && state !== 'complete') {
    const least = at_least ? 'at least ' : '';
    const head = `${least}${counted(failures.failures, 'failure')} and ${failures.retries} ${failures.retries === 1 ? 'retry' : 'retries'} ${cluster === null ? 'of this command' : 'since it was planned'}, in ${dir}/logs; the latest:`;
    sections.push(['failures', [head, ...newest.slice(-SHOWN).map((each) => incident(each, at))]]);
  }
  if (quarantined.sequences > 0) {
    const kinds = Object.entries(quarantined.kinds).map(([kind, many]) => `${grouped(many)} × ${kind}`);
    const where = quarantined.table === null ? '' : `, listed in ${quarantined.table}`;
    const head = `${quarantined.at_least ? 'at least ' : ''}${counted(quarantined.sequences, 'sequence')} (${kinds.join(', ')})${where}`;
    sections.push(['quarantined', [head, ...quarantined.first.slice(0, SHOWN).map(sequence)]]);
  }
  return sections;
}

function incident({ time, task, slot, shard, kind, message }: Incident, now: string): string {
  const who = [
    task === null ? null : `task ${task}`,
    slot === null ? null : `worker ${slot}`,
    shard === null ? null : `shard ${shard}`,
  ].filter(Boolean);
  return `${ago(time, now)}, ${who.join(', ')}${kind === null ? '' : ` (${kindWords(kind)})`}: ${message}`;
}

const sequence = ({ id, ordinal, kind, error }: QuarantinedEntry) =>
  `${id} (sequence ${ordinal}, ${kind}): ${error}`;
