import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { filesIn } from './model-cache.js';
import { commitOf, factsOf, type Served, served, sibling, treeEntry } from './testing-files.js';

/** What a loopback hub does wrong. Each function gets the path that is asked for, and how often it was asked for before. */
export interface HubFaults {
  /** Another status than the right one, with its headers. */
  status?: (path: string, before: number) => { status: number; headers?: Record<string, string> } | null;
  /** The number of bytes of a file after which the connection breaks. */
  cut?: (path: string, before: number) => number | null;
  /** Whether to send a file with another last byte. */
  damage?: (path: string, before: number) => boolean;
  /** What the header says that the length of a file is. */
  length?: (path: string, before: number) => number | null;
  /** Whether never to answer. */
  silent?: (path: string, before: number) => boolean;
  /** Whether a file that is asked for in part is sent as a whole. */
  noRanges?: boolean;
}

/** A hub for tests, on loopback. */
export interface LoopbackHub extends AsyncDisposable {
  /** Its address, for `HF_ENDPOINT`. */
  url: string;
  /** What was asked for, in order. */
  requests: { path: string; range: string | undefined; token: string | undefined; host: string }[];
  faults: HubFaults;
  /** The models' folders by `owner/name`. */
  models: Record<string, string>;
  /** The token without which nothing is shown, if any. */
  token: string | null;
  /** Resolves once a path that matches was asked for. */
  asked(path: RegExp): Promise<void>;
}

/**
 * Starts a hub on loopback, for our downloads and those of `huggingface_hub`. Large files are sent by a second origin, as the
 * public hub does.
 *
 * @param models their folders by `owner/name`.
 */
export async function loopbackHub(models: Record<string, string>): Promise<LoopbackHub> {
  const hub: Omit<LoopbackHub, 'url' | typeof Symbol.asyncDispose> = {
    requests: [],
    faults: {},
    models,
    token: null,
    asked: (path) =>
      new Promise((resolve) => {
        waiting.push({ path, resolve });
      }),
  };
  const waiting: { path: RegExp; resolve: () => void }[] = [];
  const counts = new Map<string, number>();
  const storage = createServer((request, response) => answer(request, response, true));
  const front = createServer((request, response) => answer(request, response, false));

  function answer(request: IncomingMessage, response: ServerResponse, stored: boolean): void {
    const { url = '/', headers, method } = request;
    const path = decodeURIComponent(url.replace(/\?.*/, ''));
    const before = counts.get(path) ?? 0;
    // Programs in Python ask for the headers of a file first.
    const headOnly = method === 'HEAD';
    if (!headOnly) counts.set(path, before + 1);
    const { range, authorization: token, host = '' } = headers;
    hub.requests.push({ path, range, token, host });
    for (const { path: wanted, resolve } of waiting) if (wanted.test(path)) resolve();
    if (hub.faults.silent?.(path, before)) return;
    const fault = hub.faults.status?.(path, before) ?? null;
    if (fault !== null) return void response.writeHead(fault.status, fault.headers).end();
    if (!stored && hub.token !== null && token !== `Bearer ${hub.token}`)
      return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
    const [, api, id = '', kind, revision = '', file] =
      /^\/(api\/models\/)?([^/]+\/[^/]+)\/(revision|resolve|tree)\/([^/]+|refs\/pr\/\d+)(?:\/(.+))?$/.exec(
        path,
      ) ?? [];
    const folder = hub.models[id];
    if (folder === undefined) return void response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    const files = filesIn(folder).map((name) => served(folder, name));
    const commit = commitOf(files);
    if (revision !== 'main' && revision !== commit)
      return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    if (api !== undefined && kind === 'revision') {
      const siblings = files.map(sibling);
      return void response.end(JSON.stringify({ id, sha: commit, siblings }));
    }
    if (api !== undefined && kind === 'tree') return void response.end(JSON.stringify(files.map(treeEntry)));
    const wanted = files.find(({ name }) => name === file);
    if (wanted === undefined)
      return void response.writeHead(404, { 'x-error-code': 'EntryNotFound', 'x-repo-commit': commit }).end();
    const facts = factsOf(wanted, commit);
    if (wanted.large && !stored) {
      const location = `http://127.0.0.1:${(storage.address() as AddressInfo).port}${url}`;
      return void response.writeHead(302, { ...facts, location }).end();
    }
    if (headOnly)
      return void response.writeHead(200, { ...facts, 'content-length': wanted.bytes.length }).end();
    send(wanted, { path, before, range, facts }, response);
  }

  function send(
    { bytes }: Served,
    {
      path,
      before,
      range,
      facts,
    }: { path: string; before: number; range: string | undefined; facts: Record<string, string> },
    response: ServerResponse,
  ): void {
    const { cut, damage, length, noRanges } = hub.faults;
    const start = noRanges ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (start > bytes.length) return void response.writeHead(416).end();
    let part = Buffer.from(bytes.subarray(start));
    if (damage?.(path, before) && part.length > 0) part[part.length - 1]! ^= 1;
    const limit = cut?.(path, before) ?? null;
    const broken = limit !== null && limit < part.length;
    const claimed = length?.(path, before) ?? part.length;
    response.writeHead(start > 0 ? 206 : 200, {
      ...facts,
      'content-length': claimed,
      ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
    });
    if (broken) part = part.subarray(0, limit);
    // The reader must have the bytes before the connection breaks.
    response.write(part, () => (broken ? response.destroy() : response.end()));
  }

  for (const server of [storage, front])
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
  const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  return Object.assign(hub, {
    url,
    async [Symbol.asyncDispose]() {
      for (const server of [storage, front]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  });
}
