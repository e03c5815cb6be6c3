import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { CHROMIUM, browser as startBrowser } from './chromium.js';
import {
  digestOf,
  fixture,
  freshFolder,
  goOn,
  holdfast,
  killedAt,
  type Running,
  standing,
  start,
  windows,
} from './command.js';
import { portsOf } from './processes.js';

// A real run, a real `holdfast dashboard`, and a real browser.

if (CHROMIUM === null) console.warn('left out: no Chromium on this machine, so nothing drives the page');
const withBrowser = test.runIf(CHROMIUM !== null && process.platform !== 'win32');

const ID = '<script>document.title="no"</script>';
let folder: string;
let reads: string;
let browser: Browser | undefined;
const started: Running[] = [];

beforeAll(async () => {
  folder = await freshFolder();
  reads = join(folder, 'reads.fa');
  const text = await readFile(await windows(8_000), 'latin1');
  await writeFile(reads, text.replace(/^>.*$/m, `>${ID} about <b>it</b>`));
  if (CHROMIUM !== null) browser = await startBrowser();
});
afterAll(() => browser?.close());
afterEach(() => {
  for (const { child } of started.splice(0))
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // It has ended.
    }
});

const line = (out: string) => [
  ...['embed', reads, '--out', out, '--workers', '2', '--shards', '4', '--progress', 'json'],
  ...['--seq-threshold', '100', '--batch-tokens', '4000'],
];

function begin(...args: string[]): Running {
  const running = start(args);
  started.push(running);
  return running;
}

/** Starts `holdfast dashboard` with what comes behind it. */
async function dashboard(...args: string[]): Promise<{ url: string; running: Running }> {
  const running = begin('dashboard', ...args);
  // Its line is no JSON, which is told when it ends.
  running.ended.catch(() => undefined);
  const [url] = (await once(createInterface({ input: running.child.stdout! }), 'line')) as [string];
  return { url, running };
}

/** A page of its own, which fails the test with what the browser complains of. */
async function visit(url: string): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser!.newPage({ viewport: { width: 1200, height: 900 } });
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints };
}

/** Where points are on the screen, by the rule of the page: everything fits, in equal proportions. */
async function placesOf(page: Page): Promise<[number, number][]> {
  const box = (await page.locator('canvas').boundingBox())!;
  const map = await page.evaluate(async () =>
    Array.from(new Float32Array(await (await fetch('/api/map?name=pca')).arrayBuffer())),
  );
  const [xs, ys] = [0, 1].map((axis) => map.filter((_, at) => at % 2 === axis)) as [number[], number[]];
  const range = (all: number[]) => [Math.min(...all), Math.max(...all)] as const;
  const [[left, right], [low, high]] = [range(xs), range(ys)];
  const scale = (0.47 * Math.min(box.width, box.height)) / (Math.max(right - left, high - low) / 2);
  return xs.map((x, at) => [
    box.x + box.width / 2 + (x - (left + right) / 2) * scale,
    box.y + box.height / 2 - (ys[at]! - (low + high) / 2) * scale,
  ]);
}

withBrowser('a run is followed from a killed worker to its map, and a lasso is saved', async () => {
  const out = join(folder, 'live');
  const run = start(line(out), { standAt: 'checkpoint' });
  started.push(run);
  await standing(run, 'checkpoint');
  const { url } = await dashboard(out);
  const { page, complaints } = await visit(url);
  await page.getByRole('heading', { name: /^Running/ }).waitFor();
  expect(page.url()).not.toContain('token');

  const rows = page.locator('tr', { hasText: /Worker \d.*embedding shard/ });
  await rows.first().waitFor();
  const worker = Number(await rows.first().locator('td').first().textContent());
  process.kill(worker, 'SIGKILL');
  goOn(run);
  const story = page.locator('.story');
  await story
    .getByText(/^Worker \d failed on shard \d \(ended from outside, as when .*\): .*SIGKILL/)
    .first()
    .waitFor();
  await story
    .getByText(/^Shard \d will be retried in .* s at the earliest: worker killed from outside$/)
    .first()
    .waitFor();

  await page.getByRole('heading', { name: /^Complete 8,000 sequences/ }).waitFor();
  expect(await run.ended).toMatchObject({ code: 0 });
  await page.locator('canvas[data-ready]').waitFor();

  // The page and a plot say the same of the axes.
  const picture = join(folder, 'map.svg');
  expect(await holdfast(['plot', out, '-o', picture])).toMatchObject({ code: 0 });
  const shares = [...(await readFile(picture, 'utf8')).matchAll(/\((\d+\.\d%) of the variance\)/g)];
  const said = `vary most, with ${shares.map(([, share]) => share).join(' and ')} of the variance.`;
  expect(await page.locator('.caption').textContent()).toContain(said);

  const places = await placesOf(page);
  const [x, y] = places[3_000]!;
  await page.mouse.move(x, y);
  const tip = page.locator('.tip');
  await tip.getByText(/^Length: /).waitFor();
  const seen = (await tip.boundingBox())!;
  expect(Math.hypot(Math.max(0, seen.x - x, x - seen.x - seen.width), 0)).toBeLessThan(40);
  await page.mouse.click(x, y);
  const picked = page.locator('.picked-point');
  await picked.getByText('Nearest neighbours').waitFor();
  const neighbours = await picked.locator('.neighbours .mono').allTextContents();
  expect(neighbours).toHaveLength(10);
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n');
  const id = (await picked.locator('h3').textContent())!;
  expect(ids).toContain(id);
  expect(neighbours).not.toContain(id);

  await page.getByText('Lasso', { exact: true }).click();
  const around = [
    [-40, -40],
    [40, -40],
    [40, 40],
    [-40, 40],
  ] as const;
  await page.mouse.move(x - 40, y - 40);
  await page.mouse.down();
  for (const [dx, dy] of around) await page.mouse.move(x + dx, y + dy);
  await page.mouse.up();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save IDs' }).click();
  const saved = (await readFile(await (await download).path(), 'utf8')).split('\n').slice(0, -1);
  const inside = places.flatMap(([px, py], at) =>
    Math.abs(px - x) < 40 && Math.abs(py - y) < 40 ? [ids[at]!] : [],
  );
  expect(saved.length).toBeGreaterThan(10);
  // The browser's places are float32.
  const differing = [
    ...saved.filter((each) => !inside.includes(each)),
    ...inside.filter((each) => !saved.includes(each)),
  ];
  expect(differing.length).toBeLessThanOrEqual(inside.length / 100);

  await page.getByLabel('ID', { exact: true }).fill(ID);
  await page.getByRole('button', { name: 'Find' }).click();
  await picked.getByRole('heading', { name: ID }).waitFor();
  await picked.getByText('about <b>it</b>').waitFor();
  expect(await page.title()).toContain('Holdfast');
  expect(complaints).toEqual([]);
  await page.close();
});

withBrowser('a page for colleagues needs nothing but itself', async () => {
  const out = join(folder, 'static');
  const few = join(folder, 'few.fa');
  await writeFile(few, (await readFile(reads, 'latin1')).split('>', 151).join('>'));
  await holdfast(['embed', few, '--out', out, '--workers', '1']);
  const before = await digestOf(out);
  const names = () => readdirSync(out).map((name) => [name, statSync(join(out, name)).mtimeMs]);
  const seen = names();
  const html = join(folder, 'map.html');
  const write = async (to: string, env: NodeJS.ProcessEnv = {}) => {
    const running = start(['dashboard', out, '--static', to], { env });
    started.push(running);
    running.ended.catch(() => undefined);
    return once(running.child, 'close');
  };
  const killed = killedAt('rename', 'map.html');
  expect(await write(html, killed)).toEqual([null, 'SIGKILL']);
  expect(existsSync(html)).toBe(false);
  expect(await write(html)).toEqual([0, null]);
  expect(await write(join(folder, 'again.html'))).toEqual([0, null]);
  expect(readFileSync(join(folder, 'again.html')).equals(readFileSync(html))).toBe(true);
  expect([await digestOf(out), names()]).toEqual([before, seen]);
  // Three elements end: the data, the script, and none that an ID began.
  expect(readFileSync(html, 'utf8').match(/<\/script/g)).toHaveLength(2);
  const { page, complaints } = await visit(`file://${html}`);
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.reload();
  await page.locator('canvas[data-ready]').waitFor();
  await page.getByText(/vary most, with \d+\.\d% and \d+\.\d% of the variance/).waitFor();
  await page.getByText('UMAP', { exact: true }).click();
  await page.getByText(/UMAP keeps neighbours together/).waitFor();
  await page.getByLabel('ID', { exact: true }).fill(ID);
  await page.getByRole('button', { name: 'Find' }).click();
  await page.locator('.picked-point').getByRole('heading', { name: ID }).waitFor();
  expect(requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([]);
  expect(complaints).toEqual([]);
  await page.close();
});

test('a page of another output that is killed leaves nothing, and the same command gives the same bytes', async () => {
  const out = join(folder, 'layers');
  const model = fileURLToPath(
    new URL('../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
  );
  const embed = ['embed', fixture('globins45.faa'), '--out', out, '--model', model, '--layer', '-1,1'];
  expect(await holdfast(embed)).toMatchObject({ code: 0 });
  const write = async (name: string, env: NodeJS.ProcessEnv = {}, ...from: string[]) => {
    const running = start(['dashboard', out, '--static', join(folder, name), ...from], { env });
    started.push(running);
    running.ended.catch(() => undefined);
    return once(running.child, 'close');
  };
  const other = ['--from', 'mean.layer_1'];
  expect(await write('embeddings.html')).toEqual([0, null]);
  expect(await write('whole.html', {}, ...other)).toEqual([0, null]);
  const whole = readFileSync(join(folder, 'whole.html'));
  expect(whole.equals(readFileSync(join(folder, 'embeddings.html')))).toBe(false);
  for (const operation of ['open', 'rename']) {
    const env = killedAt(operation, 'killed\\.html\\.tmp$');
    expect(await write('killed.html', env, ...other), operation).toEqual([null, 'SIGKILL']);
    expect(existsSync(join(folder, 'killed.html'))).toBe(false);
  }
  expect(await write('killed.html', {}, ...other)).toEqual([0, null]);
  expect(readFileSync(join(folder, 'killed.html')).equals(whole)).toBe(true);
  expect(readdirSync(folder).filter((name) => /^\.?killed/.test(name))).toEqual(['killed.html']);
});

const linux = process.platform === 'linux';

test('it listens on loopback alone, ends with Ctrl-C, and says what cannot be', async () => {
  const out = join(folder, 'short');
  const one = join(folder, 'one.fa');
  await writeFile(one, '>a\nACGTACGT\n>b\nGGGGCCCC\n');
  expect(await holdfast(['embed', one, '--out', out, '--workers', '1'])).toMatchObject({ code: 0 });
  const { url, running } = await dashboard(out);
  if (linux) expect(portsOf(running.child.pid!)).toEqual([expect.stringMatching(/^0100007F:/)]);
  const { port } = new URL(url);
  expect((await fetch(`http://127.0.0.1:${port}/api/result`)).status).toBe(403);
  const taken = begin('dashboard', out, '--port', port);
  expect(await taken.ended).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`port ${port} is taken`),
  });
  running.child.kill('SIGINT');
  expect(await once(running.child, 'close')).toEqual([0, null]);
  const other = join(folder, 'other.html');
  await writeFile(other, 'mine');
  const broken = join(folder, 'broken');
  await cp(out, broken, { recursive: true });
  await truncate(join(broken, 'embeddings.safetensors'), 100);
  const page = join(folder, 'broken.html');
  const warned = start(['dashboard', broken, '--static', page]);
  started.push(warned);
  let said = '';
  warned.child.stderr!.on('data', (part: string) => {
    said += part;
  });
  warned.ended.catch(() => undefined);
  await once(warned.child, 'close');
  expect(said).toMatch(/warning: the page has no map: .*embeddings\.safetensors.*holdfast verify/);
  for (const [args, message] of [
    [[folder], 'no run of Holdfast here'],
    [[out, '--static', join(folder, 'x.html'), '--open'], 'leave out --port and --open'],
    [[out, '--static', join(folder, 'x.txt')], 'It must end in .html'],
    [[out, '--force'], 'leave it out, or add --static'],
    [[out, '--static', other], 'other.html is there and is not this page; name another file with --static'],
    [[out, '--labels', one], 'one.fa, line 1: it has no tab'],
  ] as const)
    expect(await begin('dashboard', ...args).ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    });
});
