// The proteins that a genome encodes, as far as length alone can show it: open reading frames on both strands, from the
// first ATG after a stop to the next stop, by our own six-frame translation.
// usage: node proteins.mjs GENOME.fa[.gz] --count N [--least 300] > proteins.faa
//
// A protein is named <accession>:<start>-<end>(<strand>), 1-based, inclusive, without the stop codon. The first N in the
// order of the genome, each at least --least residues long. The same arguments give the same bytes.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { countOf, SixFrameSink } from '../../packages/fasta/dist/index.js';
import { records } from './windows.mjs';

/** The six frames of a record, by name: F1 to F3, R1 to R3. */
async function sixFrames({ id, bases }) {
  const frames = new Map();
  let name = '';
  const staged = Buffer.alloc(1 << 20);
  const rows = {
    inputWith: () => null,
    header(id) {
      name = Buffer.from(id).toString().slice(-2);
      frames.set(name, '');
    },
    appendResidues(fill) {
      frames.set(name, frames.get(name) + staged.toString('latin1', 0, fill(staged, 0)));
    },
    end: () => undefined,
    settle: async () => undefined,
  };
  const sink = new SixFrameSink(rows, id, countOf('all'));
  sink.header(Buffer.from(id), 1, 1);
  const PORTION = 1 << 18;
  for (let at = 0; at < bases.length; at += PORTION)
    sink.appendResidues((held, to) => to + bases.copy(held, to, at, at + PORTION));
  sink.end(bases.length);
  await sink.settle();
  return frames;
}

/**
 * FASTA text of the first `count` proteins.
 * @param {Iterable<{ id: string, bases: Buffer }>} genome
 * @param {{ count: number, least: number }} options
 * @throws RangeError when the genome has fewer
 */
export async function proteins(genome, { count, least }) {
  const found = [];
  for (const record of genome) {
    const { length } = record.bases;
    const ofRecord = [];
    for (const [name, frame] of await sixFrames(record)) {
      const offset = Number(name[1]) - 1;
      for (const { index, 0: open } of frame.matchAll(/[^*]+(?=\*)/g)) {
        const methionine = open.indexOf('M');
        const protein = open.slice(methionine);
        if (methionine < 0 || protein.length < least || protein.includes('X')) continue;
        const first = offset + 3 * (index + methionine);
        const end = first + 3 * protein.length;
        const [from, to, strand] =
          name[0] === 'F' ? [first + 1, end, '+'] : [length - end + 1, length - first, '-'];
        ofRecord.push({ from, text: `>${record.id}:${from}-${to}(${strand})\n${protein}\n` });
      }
    }
    found.push(...ofRecord.sort((a, b) => a.from - b.from));
    if (found.length >= count) break;
  }
  if (found.length < count) throw new RangeError(`the genome has ${found.length} proteins, not ${count}`);
  return found
    .slice(0, count)
    .map(({ text }) => text)
    .join('');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { count: { type: 'string' }, least: { type: 'string', default: '300' } },
  });
  const genome = positionals.flatMap((path) => records(readFileSync(path)));
  process.stdout.write(await proteins(genome, { count: Number(values.count), least: Number(values.least) }));
}
