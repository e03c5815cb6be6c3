import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MADE, MARKUP, makeResult } from '../testing/made-result.js';
import { type Dashboard, startDashboard } from './start-dashboard.js';

const PAGE = '<html><style>a{}</style><script type="module">run()</script></html>';
let folder: string;
let dashboard: Dashboard;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  await makeResult(folder);
  dashboard = await startDashboard({ dir: folder, page: PAGE });
});
afterEach(async () => {
  await dashboard.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Sends a path as it is: `fetch` would tidy it. */
function ask(path: string, { method = 'GET', headers = {} as Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = dashboard;
    request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

async function visit(): Promise<{ Cookie: string; answer: Answer }> {
  const answer = await ask(new URL(dashboard.url).pathname + new URL(dashboard.url).search);
  return { Cookie: answer.headers['set-cookie']![0]!.split(';')[0]!, answer };
}

const json = async (path: string) => {
  const { Cookie } = await visit();
  return JSON.parse((await ask(path, { headers: { Cookie } })).body.toString());
};

it('gives its page to who has the token, with a cookie and a strict policy', async () => {
  const { answer } = await visit();
  expect(answer.status).toBe(200);
  expect(answer.body.toString()).toBe(PAGE);
  expect(answer.headers['set-cookie']![0]).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
  expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'sha256-/);
  expect(answer.headers['x-content-type-options']).toBe('nosniff');
  expect(answer.headers['access-control-allow-origin']).toBeUndefined();
});

it('refuses who has no token, another page, another name, another method, and says why', async () => {
  const { Cookie } = await visit();
  for (const path of ['/', '/api/result', '/api/ids', '/?token=x']) {
    const { status, body } = await ask(path);
    expect([status, body.toString()]).toEqual([403, expect.stringContaining('holdfast dashboard')]);
  }
  const with_ = (headers: Record<string, string>) => ask('/api/result', { headers: { Cookie, ...headers } });
  expect((await with_({ Origin: 'http://evil.example' })).status).toBe(403);
  expect((await with_({ Host: 'evil.example' })).status).toBe(421);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const { status, headers } = await ask('/api/result', { method, headers: { Cookie } });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD']);
  }
  expect((await with_({})).status).toBe(200);
});

it('has no path to a file', async () => {
  const { Cookie } = await visit();
  const paths = [
    '/..%2f..%2fetc/passwd',
    '/../../etc/passwd',
    '/result.json',
    '/api/../result.json',
    '/api/',
    '/constructor',
  ];
  for (const path of paths) expect((await ask(path, { headers: { Cookie } })).status).toBe(404);
});

it('says what the result is, and gives a row, its neighbours and all IDs', async () => {
  expect(await json('/api/result')).toMatchObject({
    rows: 4,
    outputs: [{ name: 'embeddings', title: 'embeddings', dim: 3 }],
    from: 'embeddings',
    colours: [{ key: 'length' }, { key: 'file' }, { key: 'clusters' }],
  });
  expect(await json('/api/row?row=1')).toEqual({
    row: 1,
    id: MARKUP,
    description: 'about 1',
    file: 'a.fa',
    length: 10,
  });
  expect(await json('/api/neighbours?row=2&k=2')).toMatchObject([
    { row: 3, id: 'seg4', distance: expect.closeTo(1 - 1 / Math.hypot(Math.fround(0.1), 1), 9) },
    { row: 0, distance: 1 },
  ]);
  const { Cookie } = await visit();
  expect((await ask('/api/ids', { headers: { Cookie } })).body.toString()).toBe(
    MADE.ids.map((id) => `${id}\n`).join(''),
  );
  for (const path of [
    '/api/row?row=4',
    '/api/row?row=-1',
    '/api/row',
    '/api/neighbours?row=1&k=0',
    '/api/map?name=x',
  ])
    expect((await ask(path, { headers: { Cookie } })).status, path).toBe(400);
  expect((await ask('/api/colour?key=x', { headers: { Cookie } })).status).toBe(404);
});

it('shows any output with rows, by its name, and no other', async () => {
  await dashboard.close();
  await makeResult(folder, { several: true });
  dashboard = await startDashboard({ dir: folder, page: PAGE, from: 'cls.layer_2' });
  expect(await json('/api/result')).toMatchObject({
    outputs: [
      { name: 'embeddings', title: 'embeddings (mean.layer_2)', dim: 3 },
      { name: 'cls.layer_2', title: 'cls.layer_2', dim: 2 },
    ],
    from: 'cls.layer_2',
  });
  const near = async (more: string) => (await json(`/api/neighbours?row=0&k=1${more}`))[0].row;
  expect([await near(''), await near('&from=embeddings'), await near('&from=cls.layer_2')]).toEqual([
    3, 1, 3,
  ]);
  const { Cookie } = await visit();
  for (const path of ['/api/neighbours?row=0', '/api/map?name=pca', '/api/colour?key=clusters'])
    for (const from of ['contacts', 'mean.layer_2', '../ids', '__proto__'])
      expect((await ask(`${path}&from=${from}`, { headers: { Cookie } })).status).toBe(404);
  await dashboard.close();
  dashboard = await startDashboard({ dir: folder, page: PAGE, from: 'mean.layer_2' });
  expect(await json('/api/result')).toMatchObject({ from: 'embeddings' });
  await expect(startDashboard({ dir: folder, page: PAGE, from: 'contacts' })).rejects.toThrow(
    'contacts has another size for each sequence, not one row of the same length; choose embeddings (mean.layer_2), cls.layer_2',
  );
});

it('gives colourings as bytes', async () => {
  const { Cookie } = await visit();
  const { body } = await ask('/api/colour?key=length', { headers: { Cookie } });
  const header = body.readUInt32LE(0);
  expect(JSON.parse(body.toString('utf8', 4, 4 + header))).toEqual({
    kind: 'number',
    name: 'Length',
    low: 0,
    high: 30,
  });
  expect([0, 1, 2, 3].map((at) => body.readFloatLE(4 + header + 4 * at))).toEqual([0, 10, 20, 30]);
});

it('streams how the run stands, and changes nothing in its folder', async () => {
  const seen = () =>
    readdirSync(folder).map((name) => [
      name,
      statSync(join(folder, name)).mtimeMs,
      readFileSync(join(folder, name)).length,
    ]);
  const before = seen();
  const { Cookie } = await visit();
  const text = await new Promise<string>((resolve, reject) => {
    let all = '';
    const call = request(
      { host: '127.0.0.1', port: dashboard.port, path: '/api/events', headers: { Cookie } },
      (response) => {
        response.on('data', (part: Buffer) => {
          all += part;
          if (!all.includes('event: history')) return;
          call.destroy();
          resolve(all);
        });
      },
    ).on('error', (error) => all === '' && reject(error));
    call.end();
  });
  expect(text).toContain('event: snapshot\ndata: {"status":');
  expect(seen()).toEqual(before);
});

it('takes labels, and refuses a table that is none by its line', async () => {
  const labels = join(folder, 'labels.tsv');
  writeFileSync(labels, 'id\tfamily\tscore\nseg1\tx\t1.5\nseg4\ty\t\nnobody\tx\t2\n');
  await dashboard.close();
  dashboard = await startDashboard({ dir: folder, page: PAGE, labels });
  expect(dashboard.unknownLabels).toBe(1);
  expect((await json('/api/result')).colours.slice(0, 2)).toEqual([
    { key: 'label-0', name: 'family', kind: 'category' },
    { key: 'label-1', name: 'score', kind: 'number' },
  ]);
  for (const [text, message] of [
    ['id\tx\nseg1\n', 'labels.tsv, line 2: it has 1 fields'],
    ['id\tx\nseg1\ta\nseg1\tb\n', 'line 3: the ID "seg1" is in line 2 too'],
    ['id\nseg1\n', 'line 1: it has no tab'],
    ['id\tx\nnobody\ta\n', 'none of its IDs is in '],
  ] as const) {
    writeFileSync(labels, text);
    await expect(startDashboard({ dir: folder, page: PAGE, labels })).rejects.toThrow(message);
  }
});
