import { relative, sep } from 'node:path';
import { CHECKS, type CheckName, type Fault } from './fault.js';

/** Faults of one kind of check that are kept with their details. */
export const MOST_SHOWN = 20;

/** The outcome of a kind of check. */
export interface CheckOutcome {
  check: CheckName;
  /** `absent`: the run has nothing of the kind, yet or at all. `unchecked`: it could not be looked at; a note says why. */
  state: 'whole' | 'faulty' | 'absent' | 'unchecked';
  /** What was looked at, with counts. */
  says: string;
}

/** A fault as a check describes it: `path` is absolute or relative to the working directory. */
export type FoundFault = Omit<Fault, 'file'> & { path: string };

/** What is at fault, where a check found faults. */
const FAULTY: Readonly<Record<CheckName, string>> = {
  run: 'run.json',
  index: 'index/; the next run makes it again from the input',
  checkpoints: 'checkpoints',
  manifest: 'the manifest',
  result: 'the result',
  outputs: 'more_outputs/',
  rows: 'rows of the result',
  ids: 'ids.txt',
  quarantine: 'quarantine.tsv',
  sequences: 'sequences.tsv',
  precision: 'precision.json',
  restart: '.holdfast-restart',
  cluster: 'cluster/',
};

/** Collects what the checks find. */
export class Findings {
  readonly #outcomes = new Map<CheckName, CheckOutcome>();
  readonly #faults = new Map<CheckName, { count: number; first: Fault[] }>();
  /** What else a reader should know. */
  readonly notes: string[] = [];
  /** What was not looked at, and why. */
  readonly unseen: string[] = [];

  /** @param out the run's folder. */
  constructor(readonly out: string) {}

  fault({ path, ...fault }: FoundFault): void {
    const of = this.#of(fault.check);
    of.count++;
    if (of.first.length < MOST_SHOWN)
      of.first.push({ ...fault, file: relative(this.out, path).split(sep).join('/') });
  }

  /** Sums up a kind of check; it is faulty if it has faults. */
  sum(check: CheckName, says: string, state: CheckOutcome['state'] = 'whole'): void {
    this.#outcomes.set(check, { check, state, says });
  }

  /** Takes over what another collection holds. */
  add(other: Findings): void {
    for (const [check, { count, first }] of other.#faults) {
      const of = this.#of(check);
      of.count += count;
      of.first.push(...first.slice(0, MOST_SHOWN - of.first.length));
    }
    for (const [check, outcome] of other.#outcomes) this.#outcomes.set(check, outcome);
    this.notes.push(...other.notes);
    this.unseen.push(...other.unseen);
  }

  /** Faults of a kind, or of all. */
  count(check?: CheckName): number {
    if (check !== undefined) return this.#faults.get(check)?.count ?? 0;
    return CHECKS.reduce((sum, each) => sum + this.count(each), 0);
  }

  /** The first faults of each kind. */
  get faults(): Fault[] {
    return CHECKS.flatMap((check) => this.#faults.get(check)?.first ?? []);
  }

  /** The number of faults of each kind that has any. */
  get counts(): Partial<Record<CheckName, number>> {
    return Object.fromEntries(CHECKS.map((check) => [check, this.count(check)]).filter(([, count]) => count));
  }

  get outcomes(): CheckOutcome[] {
    return CHECKS.flatMap((check) => {
      const outcome = this.#outcomes.get(check);
      if (this.count(check) === 0) return outcome === undefined ? [] : [outcome];
      // What is whole of the checkpoints is worth saying beside a fault.
      const beside = check === 'checkpoints' && outcome !== undefined && outcome.state !== 'absent';
      const says = beside ? outcome.says : FAULTY[check];
      return [{ check, state: 'faulty' as const, says }];
    });
  }

  #of(check: CheckName): { count: number; first: Fault[] } {
    const of = this.#faults.get(check) ?? { count: 0, first: [] };
    this.#faults.set(check, of);
    return of;
  }
}
