import { join } from 'node:path';
import { checkpointName } from '@holdfast/checkpoint';
import { type Findings, MOST_SHOWN } from '../findings.js';
import type { RowNames } from './row-names.js';

/** Rows whose checkpoints are looked up; each costs a bucket. */
const MOST_FOUND = 10_000;

/** Rows of the result that are not those of the checkpoints. */
export class DifferingRows {
  /** The first checkpoint of each shard that has one of them. */
  readonly first = new Map<number, number>();
  /** Whether there are too many to say which checkpoints have them. */
  everywhere = false;
  #count = 0;

  /** @param path of the embeddings. */
  constructor(
    readonly names: RowNames,
    readonly findings: Findings,
    readonly path: string,
  ) {}

  async add(row: number): Promise<void> {
    this.#count++;
    const place = `row ${row}`;
    const fault = (problem: string) =>
      this.findings.fault({ check: 'rows', path: this.path, place, problem, remedy: 'repair' });
    if (this.#count > MOST_FOUND) {
      this.everywhere = true;
      return fault('it differs from the checkpoints');
    }
    const ordinal = this.names.ordinalOf(row);
    const { shard, number } = await this.names.checkpointOf(ordinal);
    this.first.set(shard, Math.min(this.first.get(shard) ?? number, number));
    if (this.#count > MOST_SHOWN) return fault('it differs from the checkpoints');
    const checkpoint = join('checkpoints', `shard_${shard}`, checkpointName(number));
    const id = JSON.stringify(await this.names.idOf(ordinal));
    fault(`these are not the numbers that ${checkpoint} has for ${id}`);
  }
}
