import { stat } from 'node:fs/promises';
import { layout } from '@holdfast/run-folder';
import { ResultData, type ResultOptions } from './result-data.js';

/** The result of a run: opened when it is first asked for, and again when the run was joined again. */
export class CurrentResult {
  #opened: { stamp: string; data: Promise<ResultData> } | null = null;

  constructor(
    private readonly dir: string,
    private readonly options: ResultOptions,
  ) {}

  /** Null while there is no result. @throws as `ResultData.open`. */
  async get(): Promise<ResultData | null> {
    const found = await stat(layout(this.dir).result).catch(() => null);
    if (found === null) return null;
    const stamp = `${found.mtimeMs} ${found.ino}`;
    if (this.#opened?.stamp === stamp) return this.#opened.data;
    await this.close();
    const data = ResultData.open(this.dir, this.options);
    this.#opened = { stamp, data };
    data.catch(() => {
      this.#opened = null;
    });
    return data;
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.data.then(
      (data) => data.close(),
      () => undefined,
    );
  }
}
