// Times the map of `holdfast dashboard` in a headless Chromium with WebGL in software, over a made run:
// node tooling/bench/dashboard.mjs [--rows 1000000] [--dim 320] [--folder DIR] [--picture FILE.png] [--static]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { median, show, timed } from './measure.mjs';
import { scratch } from './scratch.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const RUNNER = at('../../apps/runner/');
const { chromium } = createRequire(join(RUNNER, 'package.json'))('playwright-core');
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    dim: { type: 'string', default: '320' },
    folder: { type: 'string', default: tmpdir() },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    picture: { type: 'string' },
    static: { type: 'boolean', default: false },
  },
});
const rows = Number(values.rows);
const LENGTH = 60;
const HOLDFAST = join(RUNNER, 'bin/holdfast.js');
const { folder, run } = scratch(values.folder);
const reads = join(folder, 'reads.fa');
const out = join(folder, 'out');

/** Mutants of a few ancestors, so that the map has clusters. */
function writeReads() {
  let seed = 7;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const letters = (count) => Array.from({ length: count }, () => 'ACGT'[random(4)]);
  const ancestors = Array.from({ length: 30 }, () => letters(LENGTH));
  const file = openSync(reads, 'w');
  let text = '';
  for (let row = 0; row < rows; row++) {
    const own = [...ancestors[random(ancestors.length)]];
    for (let change = 0; change < 12; change++) own[random(LENGTH)] = 'ACGT'[random(4)];
    text += `>read_${row}\n${own.join('')}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = '';
  }
  writeSync(file, text);
  closeSync(file);
}

/** Most memory that a process has had, in MiB. */
const peakOf = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const tell = (what, seconds, more = '') => console.log(`${what.padEnd(34)} ${show(seconds)} s${more}`);

writeReads();
await run(at('make-projected.mjs'), join(folder, 'model'), String(LENGTH), values.dim);
await run(HOLDFAST, 'embed', reads, '--out', out, '--model', join(folder, 'model'), '--no-dedupe', '--quiet');
console.log(
  `${rows} rows of ${values.dim} numbers, ${(statSync(join(out, 'embeddings.safetensors')).size / 2 ** 20).toFixed(0)} MiB; load ${loadavg()[0].toFixed(1)}`,
);

const served = spawn(process.execPath, [HOLDFAST, 'dashboard', out], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('exit', () => served.kill('SIGKILL'));
const [url] = await once(createInterface({ input: served.stdout }), 'line');
const browser = await chromium.launch({
  executablePath: values.chromium,
  args: [
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
});
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
page.setDefaultTimeout(600_000);
const opened = performance.now();
const since = () => (performance.now() - opened) / 1000;
await page.goto(url);
await page.getByRole('heading', { name: /^Complete/ }).waitFor();
tell('how the run stands, after opening', since());
await page.locator('canvas[data-ready]').waitFor();
tell('first picture, after opening', since());
if (values.picture) await page.screenshot({ path: values.picture });

// Frames while the map is dragged.
const box = await page.locator('canvas').boundingBox();
const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
await page.mouse.move(x, y);
await page.evaluate(() => {
  window.frames = [];
  let last = performance.now();
  const each = (now) => {
    window.frames.push(now - last);
    last = now;
    window.frame = requestAnimationFrame(each);
  };
  requestAnimationFrame(each);
});
await page.mouse.down();
for (let step = 1; step <= 60; step++) await page.mouse.move(x + 2 * step, y + step);
const frames = await page.evaluate(() => {
  cancelAnimationFrame(window.frame);
  return window.frames.slice(1);
});
await page.mouse.up();
tell(
  'a frame while the map is dragged',
  median(frames) / 1000,
  ` (longest ${show(Math.max(...frames) / 1000)} s, ${frames.length} frames)`,
);

const id = `read_${Math.floor(rows / 2)}`;
await page.getByLabel('ID', { exact: true }).fill(id);
const found = await timed(async () => {
  await page.getByRole('button', { name: 'Find' }).click();
  await page.locator('.picked-point .neighbours .mono').nth(9).waitFor();
});
tell('ten nearest of a point, exact', found);
console.log(`memory of the command: ${peakOf(served.pid).toFixed(0)} MiB at most`);
served.kill('SIGINT');
await once(served, 'close');

if (values.static) {
  const html = join(folder, 'map.html');
  tell(
    '--static',
    await timed(() => run(HOLDFAST, 'dashboard', out, '--static', html)),
    `, ${(statSync(html).size / 2 ** 20).toFixed(0)} MiB`,
  );
  const alone = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  tell(
    'its first picture',
    await timed(async () => {
      await alone.goto(pathToFileURL(html).href);
      await alone.locator('canvas[data-ready]').waitFor({ timeout: 600_000 });
    }),
  );
}
await browser.close();
