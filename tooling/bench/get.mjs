// node tooling/bench/get.mjs [ROWS] [DIM]: 100 rows by ID, from a result that is made for it, by the index and by the command.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sha256File } from '../../packages/durable/dist/index.js';
import { findRows, IdIndex, openResult } from '../../packages/result/dist/index.js';

const [rows = '10000000', dim = '320'] = process.argv.slice(2);
const [count, width] = [Number(rows), Number(dim)];
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'get-'));
const idOf = (at) => `UniRef50_A0A${((at * 2654435761) % 2 ** 32).toString(36).toUpperCase()}_${at}`;

const header = `{"embeddings":{"dtype":"F32","shape":[${count},${width}],"data_offsets":[0,${count * width * 4}]}}`;
const matrix = openSync(join(folder, 'embeddings.safetensors'), 'w');
const head = Buffer.alloc(8 + header.length);
head.writeBigUInt64LE(BigInt(header.length));
head.write(header, 8);
writeSync(matrix, head);
const STEP = 10_000;
for (let first = 0; first < count; first += STEP) {
  const part = new Float32Array(Math.min(STEP, count - first) * width);
  for (let row = 0; row * width < part.length; row++) part.fill(first + row, row * width, (row + 1) * width);
  writeSync(matrix, new Uint8Array(part.buffer));
}
closeSync(matrix);
const ids = openSync(join(folder, 'ids.txt'), 'w');
for (let first = 0; first < count; first += STEP)
  writeSync(
    ids,
    Array.from({ length: Math.min(STEP, count - first) }, (_, at) => `${idOf(first + at)}\n`).join(''),
  );
closeSync(ids);
const files = [];
for (const file of ['embeddings.safetensors', 'ids.txt']) {
  const path = join(folder, file);
  const digest = await sha256File(path, new AbortController().signal);
  files.push({ file, bytes: statSync(path).size, sha256: digest });
}
const record = { format: 1, run: 'f'.repeat(64), sequences: count, dim: width, files, warnings: [] };
const sha256 = createHash('sha256').update(JSON.stringify(record)).digest('hex');
writeFileSync(join(folder, 'result.json'), `${JSON.stringify({ ...record, sha256 }, null, 2)}\n`);

const timed = async (name, work) => {
  const began = performance.now();
  const result = await work();
  console.log(`${name.padEnd(44)} ${(performance.now() - began).toFixed(1).padStart(8)} ms`);
  return result;
};
const wanted = Array.from({ length: 100 }, (_, at) => Math.floor((at + 0.5) * (count / 100)));
const result = await openResult(folder);
const reader = await result.embeddings();
const index = await timed(`index of ${count} IDs: built`, () => IdIndex.open(result.ids, count));
for (let time = 1; time <= 5; time++)
  await timed(`100 rows by ID, with the index, ${time}`, async () => {
    const found = await index.find(wanted.map((row) => idOf((row + time) % count)));
    await Promise.all(
      [...found].map(async ([id, row]) => {
        const [number] = await reader.read(row, row + 1);
        if (idOf(row) !== id || number !== Math.fround(row)) throw new Error(`${id} is not ${row}`);
      }),
    );
    if (found.size !== wanted.length) throw new Error(`only ${found.size} were found`);
  });
await timed('100 rows found in one pass, without an index', () => findRows(result.ids, wanted.map(idOf)));
const holdfast = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));
await timed('holdfast get, from start to end', () =>
  execFileSync(process.execPath, [holdfast, 'get', folder, ...wanted.map(idOf)], { maxBuffer: 1 << 28 }),
);
await timed('holdfast get of the first row', () =>
  execFileSync(process.execPath, [holdfast, 'get', folder, idOf(0)], { maxBuffer: 1 << 28 }),
);
console.log(`memory at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`);
rmSync(folder, { recursive: true });
