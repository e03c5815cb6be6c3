// Measures the exact search of @holdfast/neighbours over the rows of a result on disk, against NumPy and faiss where Python has them:
// node tooling/bench/neighbours.mjs [--rows 1000000] [--dim 320] [--queries 1,100,1000] [--python PATH] [--folder DIR]
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { show, timed } from './measure.mjs';
import { startRival } from './rival.mjs';
import { scratch } from './scratch.mjs';

const load = (name) => import(new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href);
const { nearestRows } = await load('neighbours');
const { RowReader } = await load('result');
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    dim: { type: 'string', default: '320' },
    queries: { type: 'string', default: '1,100,1000' },
    python: { type: 'string', default: '/usr/bin/python3' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const [rows, dim] = [Number(values.rows), Number(values.dim)];
const K = 10;
const { folder } = scratch(values.folder);
const path = join(folder, 'rows');

let seed = 1;
const random = () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32 - 0.5;
};
// Rows around centres, with a mean that is not zero, as embeddings have.
const centres = Float32Array.from({ length: 500 * dim }, () => random() + 0.2);
const near = (count) => {
  const made = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const centre = Math.floor((random() + 0.5) * 500) * dim;
    for (let at = 0; at < dim; at++) made[row * dim + at] = centres[centre + at] + 0.5 * random();
  }
  return made;
};
const file = await open(path, 'w');
for (let done = 0; done < rows; done += 10_000) await file.write(near(Math.min(10_000, rows - done)));
await file.close();

console.log(`${rows} x ${dim} float32 in the page cache, k = ${K}, cosine, load ${loadavg()[0].toFixed(1)}`);
const matrix = await RowReader.open(path, { dtype: 'float32', shape: [rows, dim], offset: 0 });
const rival = await startRival('./neighbours_rival.py', values.python);
if (rival === null) console.log('LEFT OUT: NumPy is not on this machine (Debian: python3-numpy)');
else console.log(`against ${rival.version}`);
for (const count of values.queries.split(',').map(Number)) {
  const queries = near(count);
  writeFileSync(join(folder, 'queries'), queries);
  let found;
  const ours = async () => {
    found = await nearestRows(matrix, queries, { k: K });
  };
  const spent = process.resourceUsage();
  const before = spent.userCPUTime + spent.systemCPUTime;
  // The first turn warms caches.
  const times = [await timed(ours), await timed(ours)];
  const line = (who, seconds) =>
    `${count} queries, ${who}: ${show(seconds)} s, ${show((rows * count) / seconds / 1e6)} million rows x queries/s`;
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const memory = `${Math.round(maxRSS / 1024)} MiB RSS at most`;
  const cpu = (userCPUTime + systemCPUTime - before) / 2e6;
  console.log(`${line('ours', Math.min(...times))}, ${show(cpu)} s of CPU, ${memory}`);
  if (rival === null) continue;
  for (const who of ['numpy', 'faiss']) {
    const told = await rival.ask(who, path, join(folder, 'queries'), dim, K);
    if (told === null) {
      console.log(`LEFT OUT: ${who} is not in ${values.python}`);
      continue;
    }
    const same = told.rows.flat().filter((row, at) => found[Math.floor(at / K)][at % K].row === row).length;
    console.log(
      `${line(who, told.seconds)}, ${show(told.cpu)} s of CPU, ${told.mib} MiB RSS; ${same} of ${count * K} neighbours the same`,
    );
  }
}
rival?.end();
await matrix[Symbol.asyncDispose]();
