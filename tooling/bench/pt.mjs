// Measures @holdfast/pt-serializer against real PyTorch and plain writes, in one run: node tooling/bench/pt.mjs [--huge]
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { comparing, median, show, timed } from './measure.mjs';
import { startRival } from './rival.mjs';

const packageUrl = new URL('../../packages/pt-serializer/dist/index.js', import.meta.url).href;
const { openPt, tensor, writePt } = await import(packageUrl);
const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000' },
    dim: { type: 'string', default: '2560' },
    rounds: { type: 'string', default: '9' },
    'middle-rows': { type: 'string', default: '25000,100000' },
    folder: { type: 'string', default: tmpdir() },
    huge: { type: 'boolean', default: false },
  },
});
const [rows, dim, rounds] = [values.rows, values.dim, values.rounds].map(Number);
const folder = mkdtempSync(join(values.folder, 'bench-'));
const at = (name) => join(folder, name);

const compare = comparing(rounds);

const data = Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i));
const value = {
  embeddings: tensor('float32', [rows, dim], data),
  sequence_ids: Array.from({ length: rows }, (_, i) => `sequence_${i}`),
  metadata: { shard: 1, batch: 2 },
};

/** Opens, writes and closes a new file: ext4 flushes one that is cut to nothing and written again when it is closed. */
function written(name, sync, work) {
  rmSync(at(name), { force: true });
  return timed(async () => {
    const file = await open(at(name), 'w');
    await work(file);
    if (sync) await file.sync();
    await file.close();
  });
}
const ours = (sync) => written('ours.pt', false, (file) => writePt(file, value, { sync }));

async function againstTorch(torch) {
  await torch.ask('prepare', rows, dim);
  await compare(
    'write, page cache, against torch.save',
    2,
    () => ours(false),
    () => torch.ask('save', at('torch.pt'), false),
  );
  await compare(
    'write, fsynced, against torch.save',
    null,
    () => ours(true),
    () => torch.ask('save', at('torch.pt'), true),
  );
  for (const checksums of ['always', 'never']) {
    const read = () =>
      timed(async () => {
        const file = await openPt(at('torch.pt'), { checksums });
        const found = await file.value.get('embeddings').readArray();
        if (found.length !== data.length || file.value.get('sequence_ids').length !== rows)
          throw new Error('short');
        await file.close();
      });
    await compare(`read, checksums ${checksums}, against torch.load`, 1, read, () =>
      torch.ask('load', at('torch.pt')),
    );
  }
}

async function againstPlainWrites() {
  await ours(false);
  const bytes = readFileSync(at('ours.pt'));
  const plain = () =>
    written('plain', true, async (file) => {
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
    });
  await compare('write, fsynced, against write and fsync of the same bytes', 0.9, () => ours(true), plain);
}

/** 100 rows from the middle of files of two sizes. */
async function middle() {
  for (const total of values['middle-rows'].split(',').map(Number)) {
    const name = at('middle.pt');
    const block = new Uint8Array(2560 * 4 * 1000).fill(7);
    function* pieces() {
      for (let done = 0; done < total; done += 1000)
        yield block.subarray(0, Math.min(1000, total - done) * 2560 * 4);
    }
    await written('middle.pt', false, (file) =>
      writePt(file, { embeddings: tensor('float32', [total, 2560], pieces) }),
    );
    const times = [];
    for (let round = -1; round < 4 * rounds; round++) {
      const took = await timed(async () => {
        const file = await openPt(name, { checksums: 'whole' });
        const found = await file.value.get('embeddings').readArray(total / 2, total / 2 + 100);
        if (found.length !== 256_000) throw new Error('short');
        await file.close();
      });
      if (round >= 0) times.push(took * 1000);
    }
    const verdict = median(times) < 5 ? 'met' : 'NOT met';
    const size = `${show((total * 2560 * 4) / 1e9)} GB`;
    console.log(
      `100 rows from the middle of ${size}: ${show(median(times))} ms (${show(Math.min(...times))} to ${show(Math.max(...times))}); wanted < 5: ${verdict}`,
    );
    rmSync(name);
  }
}

function memory() {
  const script = fileURLToPath(new URL('./memory.mjs', import.meta.url));
  const args = [script, packageUrl, at('memory.pt'), rows, dim].map(String);
  const grown = Array.from({ length: 3 }, () =>
    Number(execFileSync(process.execPath, args, { encoding: 'utf8' })),
  );
  const mib = grown.map((bytes) => bytes / 2 ** 20);
  const verdict = Math.max(...mib) < 16 ? 'met' : 'NOT met';
  console.log(`extra memory while writing: ${mib.map(show).join(', ')} MiB; wanted < 16: ${verdict}`);
}

/** A tensor beyond 4 GiB, all zeros but its last row. */
async function huge(torch) {
  const [total, width] = [1_048_577 + 1, 1024];
  const block = new Uint8Array(width * 4 * 1024);
  const last = Float32Array.from({ length: width }, (_, i) => i + 0.5);
  function* pieces() {
    const zeros = (total - 1) * width * 4;
    for (let done = 0; done < zeros; done += block.length)
      yield block.subarray(0, Math.min(block.length, zeros - done));
    yield new Uint8Array(last.buffer);
  }
  const took = await written('huge.pt', false, (file) =>
    writePt(file, {
      embeddings: tensor('float32', [total, width], pieces),
      behind: tensor('uint8', [1], Uint8Array.of(1)),
    }),
  );
  const file = await openPt(at('huge.pt'));
  const found = file.value.get('embeddings');
  const digest = (array) => createHash('sha256').update(array).digest('hex');
  const same = digest(await found.readArray(total - 1, total)) === digest(last);
  await file.close();
  console.log(
    `beyond 4 GiB: ${found.byteLength} bytes written in ${show(took)} s; our last row is the one written: ${same}`,
  );
  if (!torch) return;
  const told = await torch.ask('huge', at('huge.pt'));
  const agrees =
    told.last === digest(last) && told.sum === 0 && String(told.shape) === String([total, width]);
  console.log(
    `beyond 4 GiB: PyTorch finds shape [${told.shape}], sum ${told.sum} before the last row, and that one: ${agrees}`,
  );
  if (!same || !agrees) process.exitCode = 1;
}

try {
  const torch = await startRival();
  console.log(
    torch
      ? `against PyTorch ${torch.version}`
      : 'LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)',
  );
  console.log(
    `${rows} x ${dim} float32, medians of ${rounds} rounds by turns, load ${loadavg()[0].toFixed(1)}`,
  );
  if (values.huge) {
    await huge(torch);
  } else {
    if (torch) await againstTorch(torch);
    await againstPlainWrites();
    await middle();
    memory();
  }
  torch?.end();
} finally {
  rmSync(folder, { recursive: true });
}
