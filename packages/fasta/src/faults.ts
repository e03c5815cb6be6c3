import type { Fault, RecordFaultCode } from './fault.js';
import { BadRecordsError, InputError } from './input-error.js';

/** Faults that are named with their places; the others are only counted. */
const NAMED = 20;
/** As many say enough if no record is without a fault: it is the wrong file, or the wrong model. */
const NAMED_OF_ALL = 3;

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
   * @param anyLeft whether there are records without a fault.
   * @param skips whether records with a fault are left out, if others are left. @param wayOn what else can be done about them.
   */
  refusal(
    anyLeft: boolean,
    { skips, wayOn }: { skips: boolean; wayOn?: string | undefined },
  ): InputError | null {
    const excused = skips && anyLeft;
    const records = excused ? 0 : this.records;
    const first = anyLeft ? this.#first : this.#first.slice(0, NAMED_OF_ALL);
    const named = [...this.#files, ...(excused ? [] : first)];
    const [only] = named;
    if (only === undefined) return null;
    const error =
      named.length === 1
        ? only
        : new BadRecordsError(named, {
            counts: excused ? {} : this.counts,
            records,
            inputs: this.#files.length,
          });
    if (records > 0 && anyLeft && wayOn !== undefined)
      error.message += `${named.length === 1 ? ';' : '\n '} ${wayOn}`;
    return error;
  }
}
