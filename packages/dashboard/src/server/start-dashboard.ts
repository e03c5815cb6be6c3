import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CurrentResult } from '../data/current-result.js';
import { Watch } from '../live/watch.js';
import { policyOf } from '../page/policy.js';
import type { Work } from '../wire.js';
import { eventStream } from './event-stream.js';
import { cookieName, type Door, judge } from './guard.js';
import { sendText } from './respond.js';
import { ROUTES, type Served } from './routes.js';

export interface DashboardOptions {
  /** The folder of a run. */
  dir: string;
  /** The built page: HTML with its script and style inside. */
  page: string;
  /** Port on 127.0.0.1. Default: one that is free. */
  port?: number;
  /** A table of labels to colour the map by: tab-separated, the columns' names first, the ID in the first column. */
  labels?: string;
  /** The output that is shown first. Default: the embeddings. */
  from?: string;
}

export interface Dashboard {
  /** The address to open. It has the token: whoever knows it can read the run. */
  url: string;
  port: number;
  /** IDs of the file of labels that the result does not have. 0 while there is no result. */
  unknownLabels: number;
  /** Ends the server, its connections and its computations. */
  close(): Promise<void>;
}

/**
 * Serves a run to a browser on this machine. Binds to 127.0.0.1 only, answers only whoever shows the token, only GET and HEAD, and
 * reads nothing but the run's files and the labels. Takes no lock and writes nothing.
 *
 * @throws Error with the code `EADDRINUSE` if the port is taken; RunFolderError if the labels are no such table, or
 * the result has no such rows.
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { dir, page, port = 0, labels, from } = options;
  const workers = new Set<(work: Work) => void>();
  const onWork = (work: Work) => {
    for (const tell of workers) tell(work);
  };
  const asked = { ...(labels !== undefined && { labels }), ...(from !== undefined && { from }) };
  const current = new CurrentResult(dir, { ...asked, onWork });
  // What cannot be shown is refused now, not in the page.
  const unknownLabels = (Object.keys(asked).length === 0 ? null : await current.get())?.unknownLabels ?? 0;
  const watch = new Watch(dir);
  const served: Served = {
    dir,
    result: () => current.get(),
    stream: (request, response) =>
      eventStream(request, response, (tell) => {
        const stop = watch.listen(({ event, data }) => tell(event, data));
        const work = (each: Work) => tell('work', each);
        workers.add(work);
        return () => {
          stop();
          workers.delete(work);
        };
      }),
  };
  const door: Door = { port, token: randomBytes(24).toString('base64url') };
  const policy = policyOf(page, true);
  const server = createServer((request, response) => {
    protect(response, policy);
    answer(request, response, door, page, served).catch((error: Error & { status?: number }) => {
      if (response.headersSent) return void response.destroy();
      const status = error.status ?? (error instanceof RangeError ? 400 : 500);
      sendText(response, status, error.message);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  door.port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${door.port}/?token=${door.token}`,
    port: door.port,
    unknownLabels,
    async close() {
      server.close();
      server.closeAllConnections();
      await current.close();
    },
  };
}

function protect(response: ServerResponse, policy: string): void {
  for (const [name, value] of Object.entries({
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  }))
    response.setHeader(name, value);
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  door: Door,
  page: string,
  served: Served,
): Promise<void> {
  const { headers } = request;
  const verdict = judge(
    {
      method: request.method ?? '',
      url: request.url ?? '',
      host: headers.host,
      origin: headers.origin,
      site: headers['sec-fetch-site'] as string | undefined,
      cookie: headers.cookie,
    },
    door,
  );
  if (!verdict.pass) {
    if (verdict.status === 405) response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, verdict.status, verdict.why);
  }
  if (verdict.enter)
    response.setHeader('Set-Cookie', `${cookieName(door)}=${door.token}; HttpOnly; SameSite=Strict; Path=/`);
  if (verdict.path === '/') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    return void response.end(page);
  }
  const route = Object.hasOwn(ROUTES, verdict.path) ? ROUTES[verdict.path] : undefined;
  if (route === undefined) return sendText(response, 404, 'there is nothing under this address');
  await route({ request, response, query: verdict.query, served });
}
