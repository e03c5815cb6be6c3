import type { PoisonKind } from '@holdfast/coordinator';
import type { Quarantined } from './quarantined.js';

/** Which quarantined sequences are tried again: those that the model did not refuse itself, or all. */
export type Reattempt = 'set_aside' | 'all';

/** How earlier versions, which knew no `crash` and no `hang`, told that a worker was lost. */
const LOST_WORKER = /^the worker (?:died of |ended with |made no progress )/;

/**
 * Whether a sequence is only set aside: memory was short, or its worker crashed or hung. A machine's troubles look the same, so
 * the next run tries it again. What the model itself refused stays out.
 */
export const isSetAside = ({ kind, error }: Pick<Quarantined, 'kind' | 'error'>): boolean =>
  kind !== 'poison_input' || LOST_WORKER.test(error);

/** Why a sequence has no row, by kind: `poison_input` only where the model itself refused it. */
export function causeOf(entry: Pick<Quarantined, 'kind' | 'error'>): PoisonKind {
  if (entry.kind !== 'poison_input' || !isSetAside(entry)) return entry.kind;
  return entry.error.startsWith('the worker made no progress ') ? 'hang' : 'crash';
}

/** Whether a sequence is tried again. */
export const isDue = (entry: Pick<Quarantined, 'kind' | 'error'>, retry: Reattempt): boolean =>
  retry === 'all' || isSetAside(entry);

/** Whether a `quarantine.tsv` names a sequence that is tried again. */
export function namesDue(table: string, retry: Reattempt): boolean {
  const records = table.split('\n').filter((line) => !line.startsWith('# '));
  return records.some((line) => {
    const [, , kind, attempts, error] = line.split('\t');
    if (kind === undefined || attempts === undefined || error === undefined) return false;
    return isDue({ kind: kind as Quarantined['kind'], error }, retry);
  });
}
