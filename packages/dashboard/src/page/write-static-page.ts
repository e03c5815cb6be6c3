import { rowIds } from '@holdfast/result';
import { refuseOutput, writeOutput } from '@holdfast/run-folder';
import type { Status } from '@holdfast/status';
import { quarantineOf } from '../data/quarantine.js';
import { ResultData } from '../data/result-data.js';
import { snapshotOf, wholeHistory } from '../live/watch.js';
import type { MapName, StaticData, Work } from '../wire.js';
import { staticHtml } from './static-html.js';

export interface StaticPageOptions {
  /** The folder of a run. */
  dir: string;
  /** The built page: HTML with its script and style inside. */
  page: string;
  /** The file to write. */
  to: string;
  /** Whether to replace a file that is there and is not this page. Default false. */
  force?: boolean;
  labels?: string;
  /** The output whose rows are in the page. Default: the embeddings. */
  from?: string;
  onWork?: (work: Work) => void;
  signal?: AbortSignal;
}

/** Characters at the beginning that all pages have: no more than `<!doctype html>`, so pages of other versions count too. */
const HEAD = 15;
/** Points in a page at most: more make a file that is slow to open and large to send. */
export const MOST_POINTS = 100_000;

/** What a page without a server says of its rows. */
export interface StaticPage {
  rows: number;
  /** Rows that are in it: a sample if there are more than {@link MOST_POINTS}. */
  points: number;
  unknownLabels: number;
}

/**
 * Writes one page with all its data inside: how the run stands, what happened, and the maps of a complete result.
 *
 * @throws RunFolderError for a result or labels that cannot be read, and for a file that must not be replaced; the signal's reason; what the file system throws.
 */
export async function writeStaticPage(options: StaticPageOptions): Promise<StaticPage> {
  const { dir, page, to, force = false, labels, from, onWork } = options;
  const output = { path: to, option: '--static', what: 'page', force };
  const inputs = labels === undefined ? [] : [labels];
  refuseOutput(output, { runs: [dir], inputs, begins: page.slice(0, HEAD) });
  const snapshot = { status: lasting((await snapshotOf(dir)).status), memory: [] };
  const made = {
    made: snapshot.status.at,
    snapshot,
    history: await wholeHistory(dir, snapshot.status),
    quarantine: await quarantineOf(dir, snapshot.status),
  };
  const write = (data: StaticData) =>
    writeOutput(output, (file) => file.write(Buffer.from(staticHtml(page, data))));
  if (snapshot.status.state !== 'complete') {
    await write({ ...made, result: null });
    return { rows: 0, points: 0, unknownLabels: 0 };
  }
  const data = await ResultData.open(dir, {
    ...(labels !== undefined && { labels }),
    ...(from !== undefined && { from }),
    ...(onWork && { onWork }),
  });
  const end = () => void data.close();
  options.signal?.addEventListener('abort', end, { once: true });
  try {
    const result = await resultPart(data);
    options.signal?.throwIfAborted();
    await write({ ...made, result });
    return { rows: data.info.rows, points: result.ids.length, unknownLabels: data.unknownLabels };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', end);
    await data.close();
  }
}

/** A complete run says the same whenever it is asked, so its page has the same bytes each time. */
function lasting(status: Status): Status {
  if (status.state !== 'complete') return status;
  const at = status.last_checkpoint_at ?? status.at;
  return { ...status, at, seconds_since_checkpoint: null, command: null };
}

async function resultPart(data: ResultData): Promise<NonNullable<StaticData['result']>> {
  const { outputs, ...told } = data.info;
  // The page has the rows of one output only.
  const info = { ...told, outputs: outputs.filter(({ name }) => name === data.from) };
  const chosen = spread(info.rows, MOST_POINTS);
  const maps: Partial<Record<MapName, string>> = {};
  let variance: number[] | null = null;
  for (const name of ['pca', 'umap'] as const) {
    const { data: places, shares } = await data.map(name);
    variance ??= shares;
    const all = new Float32Array(places);
    const some = new Float32Array(chosen.length * 2);
    for (const [at, row] of chosen.entries()) some.set(all.subarray(row * 2, row * 2 + 2), at * 2);
    maps[name] = base64(some);
  }
  const colours: NonNullable<StaticData['result']>['colours'] = {};
  for (const { key } of info.colours) {
    const { header, data: all } = (await data.colour(key))!;
    const some =
      all instanceof Float32Array ? new Float32Array(chosen.length) : new Uint16Array(chosen.length);
    for (const [at, row] of chosen.entries()) some[at] = all[row]!;
    colours[key] = { header, data: base64(some) };
  }
  const ids: string[] = [];
  let row = 0;
  for await (const some of rowIds(data.idsPath))
    for (const id of some) if (chosen[ids.length] === row++) ids.push(id);
  const descriptions = await data.descriptions(chosen);
  return { info, rows: base64(chosen), ids, descriptions, maps, variance, colours };
}

/** Rows at equal distances, so each part of the input is there. */
function spread(rows: number, most: number): Uint32Array {
  if (rows <= most) return Uint32Array.from({ length: rows }, (_, row) => row);
  return Uint32Array.from({ length: most }, (_, at) => Math.floor((at * rows) / most));
}

const base64 = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
