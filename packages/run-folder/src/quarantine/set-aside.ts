import type { PoisonKind } from '@holdfast/coordinator';
import type { Quarantined } from './quarantined.js';
import { tableLines } from './table-lines.js';

/** Which quarantined sequences to reattempt: those that were set aside, or all. */
export type Reattempt = 'set_aside' | 'all';

/** How earlier versions, without the kinds `crash` and `hang`, recorded a lost worker. */
const LOST_WORKER = /^the worker (?:died of |ended with |made no progress )/;

/**
 * Whether a sequence was set aside: memory was short, or its worker crashed or hung. The machine may have been at fault, so the
 * next command reattempts it. A sequence that the model itself refused stays out.
 */
export const isSetAside = ({ kind, error }: Pick<Quarantined, 'kind' | 'error'>): boolean =>
  kind !== 'poison_input' || LOST_WORKER.test(error);

/** Why a sequence has no row: `poison_input` only if the model itself refused it. */
export function causeOf(entry: Pick<Quarantined, 'kind' | 'error'>): PoisonKind {
  if (entry.kind !== 'poison_input' || !isSetAside(entry)) return entry.kind;
  return entry.error.startsWith('the worker made no progress ') ? 'hang' : 'crash';
}

/** Whether a sequence is to be reattempted. */
export const isDue = (entry: Pick<Quarantined, 'kind' | 'error'>, retry: Reattempt): boolean =>
  retry === 'all' || isSetAside(entry);

/** Whether a `quarantine.tsv` lists a sequence that is to be reattempted. */
export function namesDue(table: string, retry: Reattempt): boolean {
  return tableLines(table).some((line) => {
    const [, , kind, attempts, error] = line.split('\t');
    if (kind === undefined || attempts === undefined || error === undefined) return false;
    return isDue({ kind: kind as Quarantined['kind'], error }, retry);
  });
}
