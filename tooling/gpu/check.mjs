// Tries a device with the real command, and compares it with the CPU:
// node tooling/gpu/check.mjs --device cuda --out DIR [--model 8M|35M|150M|FOLDER] [--proteins 400] [--sizes 512,…] [--oom 1048576]
// It needs no network. DIR must not be there yet; findings are printed, and kept in DIR/findings.json. About 4 minutes.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SHAPES, writeEsm2 } from '../bench/esm2-shape.mjs';
import { Life } from '../chaos/life.mjs';
import { greatestDifference, readResult } from '../chaos/result.mjs';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    out: { type: 'string' },
    model: { type: 'string', default: '8M' },
    proteins: { type: 'string', default: '400' },
    sizes: { type: 'string', default: '512,1024,2048,4096,8192,16384,32768,65536' },
    oom: { type: 'string', default: '1048576' },
    limit: { type: 'string', default: '90' },
  },
});
if (values.out === undefined) throw new Error('--out DIR is missing');
const { out, device } = values;
const limitMs = Number(values.limit) * 1000;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
mkdirSync(out);
const findings = {};
const found = (name, value) => {
  findings[name] = value;
  writeFileSync(join(out, 'findings.json'), `${JSON.stringify(findings, null, 1)}\n`);
  console.log(`${name}: ${JSON.stringify(value)}`);
};

const finished = (file, args) =>
  new Promise((resolve) => {
    execFile(
      file,
      args,
      { timeout: limitMs, killSignal: 'SIGKILL', maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr: stderr.slice(-2000) }),
    );
  });

/** MiB that all hold on the first GPU; null where nvidia-smi does not tell. */
async function gpuMiB() {
  const query = ['-i', '0', '--query-gpu=memory.used', '--format=csv,noheader,nounits'];
  const used = Number.parseInt((await finished('nvidia-smi', query)).stdout, 10);
  return Number.isFinite(used) ? used : null;
}

/** The most that is held on the GPU while work goes on. */
async function watched(work) {
  let peak = await gpuMiB();
  let over = peak === null;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    peak = Math.max(peak, (await gpuMiB()) ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { value: await done, peak };
}

/** Random proteins of log-normal lengths of about 300; the same each time. */
function proteins(count, fixed) {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const one = () => {
    const length = fixed ?? Math.min(1022, Math.max(20, Math.round(300 * Math.exp(0.6 * normal()))));
    return Array.from({ length }, () => 'ACDEFGHIKLMNPQRSTVWY'[Math.floor(random() * 20)]).join('');
  };
  return Array.from({ length: count }, (_, i) => `>p${i}\n${one()}\n`).join('');
}

/** One run of the command, all its events kept. @param onEvent may end it. */
async function embed(name, input, args, onEvent = () => undefined) {
  const events = [];
  const line = ['embed', '--progress', 'json', input, '--model', model, '--out', join(out, name), ...args];
  const life = new Life(line, (event) => {
    events.push(event);
    onEvent(event, life);
  });
  const timer = setTimeout(() => life.signal('SIGKILL', { group: true }), limitMs);
  const { value: end, peak } = await watched(life.ended());
  clearTimeout(timer);
  writeFileSync(join(out, `${name}.events`), events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const calibrated = events.find(({ event }) => event === 'calibrated');
  const warnings = events.filter(({ event }) => event === 'warning').map(({ message }) => message);
  const kinds = {};
  for (const { event } of events) kinds[event] = (kinds[event] ?? 0) + 1;
  return { end, peakMiB: peak, events: kinds, warnings, ...(calibrated && { calibrated }) };
}

const sha = (name) => JSON.parse(readFileSync(join(out, name, 'result.json'), 'utf8')).files[0].sha256;
function compared(one, other) {
  const [a, b] = [one, other].map((name) => readResult(join(out, name)));
  const [count, dim] = a.shape;
  let least = 1;
  let relative = 0;
  for (let row = 0; row < count; row++) {
    let [dot, aa, bb, greatest, difference] = [0, 0, 0, 0, 0];
    for (let i = row * dim; i < (row + 1) * dim; i++) {
      dot += a.rows[i] * b.rows[i];
      aa += a.rows[i] ** 2;
      bb += b.rows[i] ** 2;
      greatest = Math.max(greatest, Math.abs(a.rows[i]));
      difference = Math.max(difference, Math.abs(a.rows[i] - b.rows[i]));
    }
    least = Math.min(least, dot / Math.sqrt(aa * bb));
    relative = Math.max(relative, difference / greatest);
  }
  return {
    sameBytes: sha(one) === sha(other),
    greatestDifference: greatestDifference(a, b),
    greatestOfRowsLargest: relative,
    leastCosine: least,
  };
}

/** A step that fails is a finding; the others go on. */
async function step(name, work) {
  const begun = performance.now();
  const value = await work().catch((error) => ({ failed: error.message.split('\n', 1)[0] }));
  found(name, { ...value, took: Math.round((performance.now() - begun) / 100) / 10 });
}

let model = values.model;
if (SHAPES[model]) {
  writeEsm2(join(out, 'model'), SHAPES[model]);
  model = join(out, 'model');
}
const input = join(out, 'proteins.fa');
writeFileSync(input, proteins(Number(values.proteins)));
const on = ['--device', device];

await step('doctor', async () => {
  const { code, stdout } = await finished(process.execPath, [
    at('../../apps/runner/bin/holdfast.js'),
    'doctor',
    '--out',
    out,
  ]);
  console.log(stdout);
  writeFileSync(join(out, 'doctor.txt'), stdout);
  return { code };
});
await step('cpu', () => embed('cpu', input, ['--device', 'cpu']));
await step('calibrated', () => embed('calibrated', input, on));
await step('fixed', () => embed('fixed', input, [...on, '--batch-tokens', '4096']));
await step('fixed against cpu', async () => compared('cpu', 'fixed'));
await step('again', () => embed('again', input, [...on, '--batch-tokens', '4096']));
await step('again against fixed', async () => compared('fixed', 'again'));
await step('calibrated against fixed', async () => compared('fixed', 'calibrated'));
const killed = [...on, '--batch-tokens', '4096', '--seq-threshold', '50'];
await step('killed', async () => {
  let written = 0;
  const first = await embed('killed', input, killed, ({ event }, life) => {
    if (event === 'checkpoint' && ++written === 2) life.signal('SIGKILL', { group: true });
  });
  const checkpoints = readdirSync(join(out, 'killed', 'checkpoints'), { recursive: true }).filter((file) =>
    file.endsWith('.done'),
  ).length;
  return { first: first.end, checkpoints, second: (await embed('killed', input, killed)).end };
});
await step('killed against fixed', async () => compared('fixed', 'killed'));
for (const tokens of values.sizes.split(',').filter(Boolean))
  await step(`speed ${tokens}`, async () => {
    const line = [at('cell.mjs'), model, device === 'auto' ? 'cpu' : device, tokens, '254', '1.5'];
    const { value, peak } = await watched(finished(process.execPath, line));
    return { ...JSON.parse(value.stdout || '{}'), ...(value.code !== 0 && value), peakMiB: peak };
  });
if (Number(values.oom) > 0) {
  const long = join(out, 'long.fa');
  const count = Math.ceil(Number(values.oom) / 1024);
  await step('memory, one call', async () => {
    const line = [at('cell.mjs'), model, device === 'auto' ? 'cpu' : device, values.oom, '1022', '0'];
    const { value, peak } = await watched(finished(process.execPath, line));
    return { ...JSON.parse(value.stdout || '{}'), ...(value.code !== 0 && value), peakMiB: peak };
  });
  writeFileSync(long, proteins(count, 1022));
  await step('memory, the command', () => embed('memory', long, [...on, '--batch-tokens', values.oom]));
  await step('memory, fits', () => embed('fits', long, [...on, '--batch-tokens', '8192']));
  await step('memory against fits', async () => compared('fits', 'memory'));
}
