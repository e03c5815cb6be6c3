// Shows how fast models embed on the CPU with so many tokens in a batch, and how much memory they take, as a share of the
// speed with 16,384 (tnf: 65,536): node tooling/bench/batch-tokens.mjs [--quick] [--models 8M,35M,150M,tnf] [--rounds 1] [--folder DIR]
// About 12 minutes on two quiet cores, and 3 with --quick, which leaves out the largest batches and models.
import { execFile, spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { freemem, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { SHAPES, writeEsm2 } from './esm2-shape.mjs';
import { median, show } from './measure.mjs';
import { scratch } from './scratch.mjs';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    models: { type: 'string' },
    rounds: { type: 'string', default: '1' },
    proteins: { type: 'string', default: '500' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const { quick } = values;
const { folder } = scratch(values.folder);
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const run = promisify(execFile);

/** Sizes from 128 on, twice as many each time; and the lengths of a protein file that are tried. */
const upTo = (most) => Array.from({ length: Math.log2(most / 128) + 1 }, (_, i) => 128 * 2 ** i);
const MODELS = {
  '8M': { sizes: upTo(quick ? 16_384 : 32_768), lengths: [900, 560, 380, 260, 150], usual: 16_384 },
  '35M': { sizes: quick ? [512, 4096] : upTo(16_384), lengths: [560, 260], usual: quick ? 4096 : 16_384 },
  '150M': { sizes: [...upTo(2048), 16_384], lengths: [380], usual: 16_384 },
  tnf: { sizes: quick ? [512, 65_536] : upTo(131_072), lengths: [5000, 500], usual: 65_536 },
};
const models = values.models?.split(',') ?? (quick ? ['8M', '35M', 'tnf'] : Object.keys(MODELS));
const SETUPS = [
  { workers: 1, threads: 2 },
  { workers: 2, threads: 1 },
];
const SECONDS = quick ? 0.8 : 2;
const MEGABYTE = 2 ** 20;

const placeOf = (name) => (name === 'tnf' ? name : join(folder, name));

/** All workers at the same time: their tokens a second together, and the peak of one. */
async function cell(name, { workers, threads }, size) {
  const line = [at('batch-cell.mjs'), placeOf(name), threads, size, SECONDS, MODELS[name].lengths.join()];
  const answers = await Promise.all(
    Array.from({ length: workers }, async () => {
      const { stdout } = await run(process.execPath, line.map(String));
      return JSON.parse(stdout);
    }),
  );
  return {
    perSecond: answers.reduce((sum, { perSecond }) => sum + perSecond, 0),
    perCpuSecond: median(answers.map(({ perCpuSecond }) => perCpuSecond)),
    peak: Math.max(...answers.map(({ peak }) => peak)),
  };
}

console.log(`Node ${process.version}, load ${loadavg()[0].toFixed(2)}, rounds ${values.rounds}`);
for (const name of models) {
  const { sizes, usual } = MODELS[name];
  if (SHAPES[name]) writeEsm2(placeOf(name), SHAPES[name]);
  for (const setup of SETUPS) {
    const found = new Map(sizes.map((size) => [size, []]));
    let skip = Number.POSITIVE_INFINITY;
    for (let round = 0; round < Number(values.rounds); round++) {
      // By turns from below and from above, so that a machine that gets slower meanwhile favours none.
      for (const size of round % 2 === 0 ? sizes : sizes.toReversed()) {
        if (size >= skip) continue;
        const measured = await cell(name, setup, size);
        found.get(size).push(measured);
        // A step up may take several times the memory.
        if (measured.peak * 4 * setup.workers > freemem() + measured.peak) skip = Math.min(skip, size + 1);
      }
    }
    const of = (size, key) => median(found.get(size).map((each) => each[key]));
    const against = (size, key) => (found.get(usual).length > 0 ? show(of(size, key) / of(usual, key)) : '');
    console.log(`\n${name}, ${setup.workers} worker(s) of ${setup.threads} thread(s)`);
    console.log(`| tokens | tokens/s | against ${usual} | the same of CPU time | peak of a worker, MB |`);
    console.log('| -----: | -------: | ------------: | -------------------: | -------------------: |');
    for (const size of sizes) {
      if (found.get(size).length === 0) {
        console.log(`| ${size} | too little memory to try | | | |`);
        continue;
      }
      const peak = Math.max(...found.get(size).map(({ peak }) => peak));
      const ratios = ['perSecond', 'perCpuSecond'].map((key) => against(size, key));
      const speed = Math.round(of(size, 'perSecond'));
      console.log(`| ${size} | ${speed} | ${ratios.join(' | ')} | ${Math.round(peak / MEGABYTE)} |`);
    }
  }
  if (name !== '8M' && SHAPES[name]) rmSync(placeOf(name), { recursive: true });
}

/** Proteins of log-normal lengths of about 300, the same each time. */
function proteins(count) {
  let state = 7;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const letters = 'ACDEFGHIKLMNPQRSTVWY';
  const one = () => {
    const length = Math.min(1022, Math.max(20, Math.round(300 * Math.exp(0.6 * normal()))));
    return Array.from({ length }, () => letters[Math.floor(random() * letters.length)]).join('');
  };
  return Array.from({ length: count }, (_, i) => `>p${i}\n${one()}\n`).join('');
}

/** The whole command: seconds from nothing to the result, the peak of a worker, and the result's SHA-256. */
async function command(input, size) {
  const out = join(folder, 'out');
  rmSync(out, { recursive: true, force: true });
  const line = ['embed', input, '--out', out, '--model', placeOf('8M'), '--workers', '2', '--threads', '1'];
  line.push('--progress', 'json');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [at('../../apps/runner/bin/holdfast.js'), ...line, ...(size === null ? [] : ['--batch-tokens', size])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pids = new Set();
  let peak = 0;
  const watch = setInterval(() => {
    for (const pid of pids) {
      try {
        const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
        peak = Math.max(peak, Number(found?.[1] ?? 0) * 1024);
      } catch {
        pids.delete(pid);
      }
    }
  }, 50);
  for await (const text of createInterface({ input: child.stdout })) {
    const event = JSON.parse(text);
    if (event.event === 'spawned') pids.add(event.pid);
  }
  clearInterval(watch);
  const result = JSON.parse(readFileSync(join(out, 'result.json'), 'utf8'));
  return { seconds: (performance.now() - begun) / 1000, peak, sha256: result.files[0].sha256 };
}

if (models.includes('8M')) {
  const input = join(folder, 'proteins.fa');
  writeFileSync(input, proteins(Number(values.proteins)));
  const sizes = quick ? [null, '16384'] : [null, '256', '1024', '16384'];
  const found = [];
  for (let round = 0; round < Number(values.rounds); round++)
    for (const size of round % 2 === 0 ? sizes : sizes.toReversed())
      found.push({ size, ...(await command(input, size)) });
  console.log(`\nthe whole command, 8M, ${values.proteins} proteins, 2 workers of 1 thread`);
  console.log('| --batch-tokens | seconds | peak of a worker, MB |');
  console.log('| -------------: | ------: | -------------------: |');
  for (const size of sizes) {
    const of = found.filter((each) => each.size === size);
    const seconds = show(median(of.map(({ seconds }) => seconds)));
    const peak = Math.max(...of.map(({ peak }) => peak));
    console.log(`| ${size ?? 'not given'} | ${seconds} | ${Math.round(peak / MEGABYTE)} |`);
  }
  const digests = new Set(found.map(({ sha256 }) => sha256)).size;
  console.log(digests === 1 ? 'the same bytes each time' : `${digests} DIFFERENT results`);
}
