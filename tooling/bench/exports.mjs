// node tooling/bench/exports.mjs [ROWS] [DIM] [FORMAT...]: exports a made result to each format, and compares the rate with a plain copy.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [rows = '1000000', dim = '320', ...wanted] = process.argv.slice(2);
const [count, width] = [Number(rows), Number(dim)];
const folder = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'exports-'));
const out = join(folder, 'out');
const MIB = 2 ** 20;

/** Writes a file in parts. */
function write(path, parts) {
  const file = openSync(path, 'w');
  for (const part of parts) writeSync(file, part);
  closeSync(file);
}

function* lines(line, header = '') {
  let text = header;
  for (let at = 0; at < count; at++) {
    text += line(at);
    if (text.length < MIB) continue;
    yield text;
    text = '';
  }
  yield text;
}

function* matrix() {
  const json = JSON.stringify({
    __metadata__: {
      model: 'facebook/esm2_t6_8M_UR50D',
      row_ids: 'ids.txt',
      pooling: 'mean',
      layer: 'last_hidden_state',
    },
    embeddings: { dtype: 'F32', shape: [count, width], data_offsets: [0, count * width * 4] },
  });
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ');
  header.writeBigUInt64LE(BigInt(header.length - 8));
  header.write(json, 8);
  yield header;
  const step = Math.max(1, Math.floor(MIB / width));
  for (let first = 0; first < count; first += step) {
    const part = new Float32Array(Math.min(step, count - first) * width);
    for (let at = 0; at < part.length; at++) part[at] = Math.sin(first * width + at);
    yield new Uint8Array(part.buffer);
  }
}

async function sha256(path) {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path, { highWaterMark: MIB })) hash.update(part);
  return hash.digest('hex');
}

const id = (at) => `UniRef50_A0A${((at * 2654435761) % 2 ** 32).toString(36).toUpperCase()}_${at}`;
mkdirSync(out);
write(join(out, 'embeddings.safetensors'), matrix());
write(
  join(out, 'ids.txt'),
  lines((at) => `${id(at)}\n`),
);
const header =
  'ordinal\tid\tdescription\tfile\tlength\ttokens\ttruncated\tduplicate_of\tquarantined\trow\tshard\tbatch\n';
write(
  join(out, 'sequences.tsv'),
  lines(
    (at) =>
      `${at}\t${id(at)}\tsome protein ${at % 977}\tin.faa\t${100 + (at % 400)}\t${102 + (at % 400)}\tno\t\tno\t${at}\t${at >> 16}\t${at >> 8}\n`,
    header,
  ),
);
const files = [];
for (const file of ['embeddings.safetensors', 'ids.txt', 'sequences.tsv'])
  files.push({ file, bytes: statSync(join(out, file)).size, sha256: await sha256(join(out, file)) });
const record = {
  format: 1,
  run: 'f'.repeat(64),
  sequences: count,
  quarantined: 0,
  dim: width,
  files,
  warnings: [],
};
const digest = createHash('sha256').update(JSON.stringify(record)).digest('hex');
writeFileSync(join(out, 'result.json'), `${JSON.stringify({ ...record, sha256: digest }, null, 2)}\n`);

const PEAK = fileURLToPath(new URL('peak.cjs', import.meta.url));

/** Seconds that a command takes, and the most memory of Node that it had, in MiB; 0 if it is none. */
function measured(command, ...args) {
  const began = performance.now();
  const env = { ...process.env, NODE_OPTIONS: `--require ${PEAK}` };
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(stderr);
  const [, peak = '0'] = /^peak (\d+)$/m.exec(stdout) ?? [];
  return { seconds: (performance.now() - began) / 1000, memory: Number(peak) / 1024 };
}

const sizeOf = (path) =>
  statSync(path).isFile()
    ? statSync(path).size
    : Number(execFileSync('du', ['-sb', path], { encoding: 'utf8' }).split('\t')[0]);

const line = (name, size, { seconds, memory }) =>
  console.log(
    `${name.padEnd(12)} ${seconds.toFixed(1).padStart(7)} s  ${(files[0].bytes / MIB / seconds).toFixed(0).padStart(5)} MiB/s of rows  ${memory.toFixed(0).padStart(4)} MiB at most  ${(size / MIB).toFixed(0).padStart(6)} MiB`,
  );

const holdfast = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));
const copy = () => {
  const to = join(folder, 'copy');
  line(
    'cp + sync',
    files[0].bytes,
    measured('sh', '-c', `cp ${join(out, 'embeddings.safetensors')} ${to} && sync ${to}`),
  );
  rmSync(to);
};
copy();
const names =
  wanted.length > 0
    ? wanted
    : ['npy', 'pt', 'safetensors', 'parquet', 'arrow', 'h5', 'h5-matrix', 'h5ad', 'virnucpro', 'tsv', 'esm'];
for (const name of names) {
  const took = measured(process.execPath, holdfast, 'export', out, '--to', name);
  const made = join(
    folder,
    readdirSync(folder).find((each) => each !== 'out'),
  );
  line(name, sizeOf(made), took);
  rmSync(made, { recursive: true });
}
copy();
rmSync(folder, { recursive: true });
