import { createReadStream } from 'node:fs';
import { EMBEDDINGS, listed, openResult, proveResult, type Result, type RowReader } from '@holdfast/result';
import type { ColourHeader, ColourInfo, MapName, Neighbour, ResultInfo, RowDetail, Work } from '../wire.js';
import { type LabelColumn, numbers, readLabels } from './labels.js';
import { type Computed, computeMap } from './map-job.js';
import { nearest } from './neighbours.js';
import { RowTable } from './row-table.js';

/** What is shown of a result. */
export interface ResultOptions {
  /** The output that is shown first. Default: the embeddings. */
  from?: string;
  /** A table of labels; see `readLabels`. */
  labels?: string;
  /** Hears how far computations are. */
  onWork?(work: Work): void;
}

/** What a page asks of a complete result. Maps and clusters are computed once, when they are asked for. */
export class ResultData {
  readonly #maps = new Map<string, Promise<Computed>>();
  readonly #readers = new Map<string, Promise<RowReader>>();
  readonly #end = new AbortController();

  private constructor(
    private readonly result: Result,
    /** The output that is shown first. */
    readonly from: string,
    private readonly table: RowTable,
    private readonly labels: readonly LabelColumn[],
    /** IDs of the file of labels that the result does not have. */
    readonly unknownLabels: number,
    private readonly onWork: (work: Work) => void,
  ) {}

  /** @throws RunFolderError if there is no whole result, it has no such rows, or the labels are not such a table. */
  static async open(
    folder: string,
    { from = EMBEDDINGS, labels, onWork = () => undefined }: ResultOptions = {},
  ): Promise<ResultData> {
    const result = await openResult(folder);
    result.dimOf(from);
    await proveResult(result, { outputs: [from], sequences: true });
    const read = labels === undefined ? null : await readLabels(labels, result.ids, result.record.sequences);
    const table = await RowTable.open(result);
    const first = result.outputNamed(from);
    return new ResultData(result, first, table, read?.columns ?? [], read?.unknown ?? 0, onWork);
  }

  get info(): ResultInfo {
    const { record, folder, rowOutputs, fullName } = this.result;
    return {
      id: `${record.run}-${record.files.map(({ sha256 }) => sha256.slice(0, 8)).join('-')}`,
      rows: record.sequences,
      outputs: rowOutputs.map((name) => ({
        name,
        title: listed([name], fullName),
        dim: this.result.dimOf(name),
      })),
      from: this.from,
      model: record.provenance?.model?.name ?? folder,
      colours: this.#colours(),
    };
  }

  #colours(): ColourInfo[] {
    const { lengths, files } = this.table;
    return [
      ...this.labels.map(({ header }, at) => ({ key: `label-${at}`, name: header.name, kind: header.kind })),
      ...(lengths === null ? [] : [{ key: 'length', name: 'Length', kind: 'number' as const }]),
      ...(files === null ? [] : [{ key: 'file', name: 'Source file', kind: 'category' as const }]),
      { key: 'clusters', name: 'Cluster', kind: 'category' },
    ];
  }

  /** Places of all rows. @param from one of `rowOutputs`, as everywhere here. */
  async map(name: MapName, from = this.from): Promise<Computed> {
    return this.#computed(name, from);
  }

  /** A value of each row to colour it by: float32 or uint16 [rows]. Null for a key that there is not. */
  async colour(key: string, from = this.from): Promise<LabelColumn | null> {
    const label = /^label-(\d+)$/.exec(key);
    if (label) return this.labels[Number(label[1])] ?? null;
    const { lengths, files } = this.table;
    if (key === 'length' && lengths !== null) return numbers('Length', lengths);
    if (key === 'file' && files !== null)
      return { header: category('Source file', files.names), data: files.of };
    if (key !== 'clusters') return null;
    const data = new Uint16Array((await this.#computed('clusters', from)).data);
    const count = data.reduce((most, cluster) => Math.max(most, cluster), -1) + 1;
    const names = Array.from({ length: count }, (_, at) => `Cluster ${at + 1}`);
    return { header: category('Cluster', names), data };
  }

  /** @throws RangeError for a row that there is not. */
  detail(row: number): Promise<RowDetail> {
    return this.table.detail(row);
  }

  /** The rows nearest to one, the nearest first; see `nearest`. @throws RangeError for a row that there is not. */
  async neighbours(row: number, count: number, signal: AbortSignal, from = this.from): Promise<Neighbour[]> {
    const found = await nearest(await this.#reader(from), row, count, signal);
    return Promise.all(found.map(async (near) => ({ ...(await this.detail(near.row)), ...near })));
  }

  /** `ids.txt`. */
  ids(): NodeJS.ReadableStream {
    return createReadStream(this.result.ids);
  }

  /** The descriptions of some rows. @param rows ascending. */
  descriptions(rows: Uint32Array): Promise<string[]> {
    return this.table.descriptions(rows);
  }

  get idsPath(): string {
    return this.result.ids;
  }

  #reader(from: string): Promise<RowReader> {
    const opened = this.#readers.get(from) ?? this.result.rowsOf(from);
    this.#readers.set(from, opened);
    opened.catch(() => this.#readers.delete(from));
    return opened;
  }

  #computed(what: Work['what'], from: string): Promise<Computed> {
    const key = `${what} ${from}`;
    const begun = this.#maps.get(key);
    if (begun !== undefined) return begun;
    const tell = (done: number) => this.onWork({ from, what, done });
    const job = computeMap({ folder: this.result.folder, from, what }, tell, this.#end.signal);
    this.#maps.set(key, job);
    // A failure may pass: the next request tries again.
    job.catch(() => this.#maps.delete(key));
    return job;
  }

  async close(): Promise<void> {
    this.#end.abort();
    for (const reader of this.#readers.values())
      await reader.then(
        (each) => each[Symbol.asyncDispose](),
        () => undefined,
      );
    this.#readers.clear();
  }
}

const category = (name: string, names: string[]): ColourHeader => ({ kind: 'category', name, names });
