import type { Fault, RecordFaultCode } from './fault.js';
import { BadRecordsError, InputError } from './input-error.js';

/** Faults that are named with their places; the others are only counted. */
const NAMED = 20;

/** How many records have each fault. */
export type FaultCounts = Partial<Record<RecordFaultCode, number>>;

/** Collects the faults of all inputs, in flat memory. */
export class Faults {
  readonly counts: FaultCounts = {};
  readonly #first: InputError[] = [];
  /** Inputs that cannot be read to their end. */
  readonly #files: InputError[] = [];

  /** Adds a record's fault. */
  add(file: string, fault: Fault): void {
    const { code, problem, ...place } = fault;
    this.counts[code] = (this.counts[code] ?? 0) + 1;
    if (this.#first.length < NAMED) this.#first.push(new InputError(code, { file, ...place }, problem));
  }

  /** Adds an input that cannot be read to its end. */
  addFile(error: InputError): void {
    this.#files.push(error);
  }

  /** Records with a fault. */
  get records(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  /**
   * The error for all faults, or null.
   *
   * @param skips whether records with a fault are left out. @param wayOn what else can be done about such records.
   */
  refusal(skips: boolean, wayOn?: string): InputError | null {
    const records = skips ? 0 : this.records;
    const named = [...this.#files, ...(skips ? [] : this.#first)];
    const [only] = named;
    if (only === undefined) return null;
    const error =
      named.length === 1
        ? only
        : new BadRecordsError(named, {
            counts: skips ? {} : this.counts,
            records,
            inputs: this.#files.length,
          });
    if (records > 0 && wayOn !== undefined) error.message += `${named.length === 1 ? ';' : '\n '} ${wayOn}`;
    return error;
  }
}
