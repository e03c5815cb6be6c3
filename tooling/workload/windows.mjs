// A deterministic workload: windows of fixed length at a fixed stride over both strands of real genomes.
// usage: node windows.mjs GENOME.fa[.gz]... --count N [--length 500] [--stride 5] > windows.fa
//
// A window is named <accession>:<start>-<end>(<strand>), 1-based and inclusive; each + window is followed by its reverse
// complement, the - window. The same arguments give the same bytes.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';

const BASES = 'ACGTRYSWKMBDHVNU';
const COMPLEMENTS = 'TGCAYRSWMKVHDBNA';
const complement = new Uint8Array(256).map((_, code) => {
  const at = BASES.indexOf(String.fromCharCode(code));
  return at < 0 ? 0 : COMPLEMENTS.charCodeAt(at);
});

/**
 * The records of a genome, upper case.
 * @param {Buffer} bytes plain or gzip FASTA
 * @returns {{ id: string, bases: Buffer }[]}
 */
export function records(bytes) {
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1');
  return text
    .split('>')
    .slice(1)
    .map((record) => {
      const end = record.indexOf('\n');
      const bases = Buffer.from(record.slice(end).replace(/\s/g, '').toUpperCase(), 'latin1');
      return { id: record.slice(0, end).split(/\s/, 1)[0], bases };
    });
}

/** @param {Buffer} bases */
export function reverseComplement(bases) {
  const out = Buffer.allocUnsafe(bases.length);
  for (let i = 0; i < bases.length; i++) {
    const base = complement[bases[bases.length - 1 - i]];
    if (!base) throw new RangeError(`${String.fromCharCode(bases[bases.length - 1 - i])} is no nucleotide`);
    out[i] = base;
  }
  return out;
}

/**
 * FASTA text of the first `count` windows, two a piece.
 * @param {Iterable<{ id: string, bases: Buffer }>} genome
 * @param {{ length: number, stride: number, count: number }} options
 * @throws RangeError when the genome gives fewer
 */
export function* windows(genome, { length, stride, count }) {
  let made = 0;
  for (const { id, bases } of genome) {
    for (let at = 0; at + length <= bases.length; at += stride) {
      if (made >= count) return;
      const place = `${id}:${at + 1}-${at + length}`;
      const window = bases.subarray(at, at + length);
      const plus = `>${place}(+)\n${window.toString('latin1')}\n`;
      made += 1;
      if (made === count) yield plus;
      else yield `${plus}>${place}(-)\n${reverseComplement(window).toString('latin1')}\n`;
      made += 1;
    }
  }
  if (made < count)
    throw new RangeError(`the genomes give ${made} windows, fewer than ${count}; take a smaller --stride`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      length: { type: 'string', default: '500' },
      stride: { type: 'string', default: '5' },
      count: { type: 'string' },
    },
  });
  const options = {
    length: Number(values.length),
    stride: Number(values.stride),
    count: Number(values.count),
  };
  if (
    positionals.length === 0 ||
    !Object.values(options).every((value) => Number.isSafeInteger(value) && value > 0)
  ) {
    throw new RangeError(
      'usage: node windows.mjs GENOME.fa[.gz]... --count N [--length 500] [--stride 5] > windows.fa',
    );
  }
  const genome = positionals.flatMap((path) => records(readFileSync(path)));
  let piece = '';
  const flush = async () => {
    if (!process.stdout.write(piece, 'latin1')) await once(process.stdout, 'drain');
    piece = '';
  };
  for (const window of windows(genome, options)) {
    piece += window;
    if (piece.length > 1 << 18) await flush();
  }
  await flush();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main().catch((error) => {
    console.error(error.message);
    process.exitCode = 2;
  });
}
