import { errorLine, type Quarantined } from './quarantined.js';

/** A quarantined sequence with its ID and its place in the input. */
export interface QuarantinedSequence extends Quarantined {
  /** Place in the input, from 0. */
  ordinal: number;
  id: string;
}

const HEADER = ['# id', 'ordinal', 'kind', 'attempts', 'error'];

/** `quarantine.tsv`: a header, then one line per sequence in input order, tab-separated. */
export function formatTable(sequences: readonly QuarantinedSequence[]): string {
  const lines = [...sequences]
    .sort((a, b) => a.ordinal - b.ordinal)
    .map(({ id, ordinal, kind, attempts, error }) => [id, ordinal, kind, attempts, errorLine(error)]);
  return [HEADER, ...lines].map((fields) => `${fields.join('\t')}\n`).join('');
}
