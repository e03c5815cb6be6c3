import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test } from 'vitest';
import { HubClient } from './client.js';
import { proxyFor } from './proxy.js';
import { loopbackHub } from './testing.js';

const PROXY = 'http://proxy:3128';

test.each<[string, Record<string, string>, string | null]>([
  ['https://hub.org/x', {}, null],
  ['https://hub.org/x', { HTTPS_PROXY: PROXY }, PROXY],
  ['https://hub.org/x', { https_proxy: 'proxy:3128' }, PROXY],
  ['https://hub.org/x', { HTTP_PROXY: PROXY }, null],
  ['http://hub.org/x', { HTTP_PROXY: PROXY }, PROXY],
  ['http://hub.org/x', { ALL_PROXY: PROXY }, PROXY],
  ['https://hub.org/x', { HTTPS_PROXY: PROXY, NO_PROXY: '*' }, null],
  ['https://hub.org/x', { HTTPS_PROXY: PROXY, no_proxy: 'localhost, .hub.org' }, null],
  ['https://a.hub.org/x', { HTTPS_PROXY: PROXY, no_proxy: 'HUB.org' }, null],
  ['https://thub.org/x', { HTTPS_PROXY: PROXY, no_proxy: 'hub.org' }, PROXY],
  ['https://hub.org/x', { HTTPS_PROXY: PROXY, no_proxy: 'hub.org:443' }, null],
  ['https://hub.org/x', { HTTPS_PROXY: PROXY, no_proxy: 'hub.org:80' }, PROXY],
])('%s with %j', (url, env, proxy) => {
  expect(proxyFor(new URL(url), env)).toBe(proxy);
});

test('what is asked for goes through the proxy', async () => {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', ({ url = '' }, client) => {
    tunnels.push(url);
    const [host, port] = url.split(':');
    const server = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(client).pipe(server);
    });
    for (const socket of [server, client]) socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve);
  });
  await using hub = await loopbackHub({});
  const settings = { cache: '', endpoint: hub.url, token: null, offline: false };
  const env = { HTTP_PROXY: `127.0.0.1:${(proxy.address() as AddressInfo).port}` };
  const { signal } = new AbortController();
  {
    await using client = new HubClient({ settings, signal, env, onPause: () => undefined });
    const name = { id: 'a/b', revision: 'main' };
    await expect(client.get('api/models/a/b', name)).rejects.toMatchObject({ code: 'hub_not_found' });
  }
  expect(tunnels).toEqual([new URL(hub.url).host]);
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
});
