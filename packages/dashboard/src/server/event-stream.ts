import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds between two signs of life, by which a connection that is gone is noticed. */
const ALIVE = 15_000;

/** Server-sent events to one page. The browser connects again by itself. */
export function eventStream(
  request: IncomingMessage,
  response: ServerResponse,
  listen: (tell: (event: string, data: unknown) => void) => () => void,
): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' });
  response.write('retry: 1000\n\n');
  if (request.method === 'HEAD') return void response.end();
  const stop = listen((event, data) => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  });
  const alive = setInterval(() => response.write(':\n\n'), ALIVE);
  alive.unref();
  request.on('close', () => {
    clearInterval(alive);
    stop();
  });
}
