import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { quarantineOf } from '../data/quarantine.js';
import type { ResultData } from '../data/result-data.js';
import { snapshotOf } from '../live/watch.js';
import type { MapName, VarianceHeader } from '../wire.js';
import { BadRequest, columnBytes, NotFound, sendBytes, sendJson } from './respond.js';

/** What the routes answer from. */
export interface Served {
  dir: string;
  result(): Promise<ResultData | null>;
  /** Sends what happens in the run for as long as the connection lasts. */
  stream(request: IncomingMessage, response: ServerResponse): void;
}

export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  served: Served;
}

/** Neighbours at most. */
const MOST_NEIGHBOURS = 100;

/** Every path but that of the page itself. There is no other way to a file. */
export const ROUTES: Readonly<Record<string, (call: Call) => Promise<void> | void>> = {
  '/api/events': ({ request, response, served }) => served.stream(request, response),
  '/api/quarantine': async ({ response, served: { dir } }) =>
    sendJson(response, await quarantineOf(dir, (await snapshotOf(dir)).status)),
  '/api/result': async ({ response, served }) => sendJson(response, (await served.result())?.info ?? null),
  '/api/map': async ({ response, query, served }) => {
    const name = query.get('name');
    if (name !== 'pca' && name !== 'umap') throw new BadRequest('name must be pca or umap');
    const result = await resultOf(served);
    const { data, shares } = await result.map(name satisfies MapName, outputIn(query, result));
    if (shares !== null) response.setHeader('holdfast-variance' satisfies VarianceHeader, shares.join());
    sendBytes(response, new Uint8Array(data));
  },
  '/api/colour': async ({ response, query, served }) => {
    const result = await resultOf(served);
    const column = await result.colour(query.get('key') ?? '', outputIn(query, result));
    if (column === null) throw new NotFound('there is no such colouring');
    sendBytes(response, columnBytes(column.header, column.data));
  },
  '/api/row': async ({ response, query, served }) =>
    sendJson(response, await (await resultOf(served)).detail(numberIn(query, 'row'))),
  '/api/neighbours': async ({ request, response, query, served }) => {
    const gone = new AbortController();
    request.on('close', () => gone.abort());
    const count = query.has('k') ? numberIn(query, 'k') : 10;
    if (count < 1 || count > MOST_NEIGHBOURS) throw new BadRequest(`k must be from 1 to ${MOST_NEIGHBOURS}`);
    const row = numberIn(query, 'row');
    const result = await resultOf(served);
    sendJson(response, await result.neighbours(row, count, gone.signal, outputIn(query, result)));
  },
  '/api/ids': async ({ response, served }) => {
    const result = await resultOf(served);
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    await pipeline(result.ids(), response);
  },
};

async function resultOf(served: Served): Promise<ResultData> {
  const result = await served.result();
  if (result === null) throw new NotFound('the run has no result yet');
  return result;
}

/** The output that is asked for, by the name that the result has for it. */
function outputIn(query: URLSearchParams, { info: { outputs, from } }: ResultData): string {
  const name = query.get('from') ?? from;
  if (!outputs.some((each) => each.name === name)) throw new NotFound('the result has no such rows');
  return name;
}

function numberIn(query: URLSearchParams, name: string): number {
  const text = query.get(name) ?? '';
  if (!/^\d{1,12}$/.test(text)) throw new BadRequest(`${name} must be a whole number`);
  return Number(text);
}
