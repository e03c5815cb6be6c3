import fc from 'fast-check';
import { expect, test } from 'vitest';
import { protein, reverseComplement } from '../testing/six-frames.js';
import { codonTables } from './codon-table.js';
import { BASES_OF } from './nucleotide.js';
import { type OrfStart, orfsOf, placeInRecord } from './orfs.js';

const basesOf = (letters: string) => Uint8Array.from(letters, (letter) => BASES_OF[letter.charCodeAt(0)]!);

function found(letters: string, min: number, start: OrfStart, code = 1) {
  const bases = basesOf(letters);
  return [...orfsOf(codonTables(code), bases, { min, start })].map((orf) => {
    const [left, right] = placeInRecord(orf, bases.length);
    return { strand: orf.frame.reverse ? -1 : 1, left, right, started: orf.started };
  });
}

test('an open reading frame begins at its first ATG and ends with its stop codon', () => {
  //            123456789012345678
  const gene = 'CTAAATGATGAAATGACC';
  const inFrame = ({ strand, left }: { strand: number; left: number }) => strand > 0 && left % 3 === 2;
  expect(found(gene, 3, 'atg').filter(inFrame)).toContainEqual({
    strand: 1,
    left: 5,
    right: 16,
    started: true,
  });
  expect(found(gene, 3, 'atg').map(({ left }) => left)).not.toContain(8);
  const back = { strand: -1, left: gene.length - 15, right: gene.length - 4, started: true };
  expect(found(reverseComplement(gene), 3, 'atg')).toContainEqual(back);
});

test("at the record's edges a start or a stop may be missing", () => {
  expect(found('CCCCCCCCC', 3, 'atg')).toEqual([
    { strand: 1, left: 1, right: 9, started: false },
    { strand: -1, left: 1, right: 9, started: false },
  ]);
});

test('the start codons are those of the genetic code, if asked for', () => {
  // Table 11 has GTG; the standard code does not.
  const gene = 'TAAGTGCCCCCCTAA';
  const forward = (start: OrfStart, code: number) =>
    found(gene, 3, start, code).filter(({ strand, left }) => strand > 0 && left % 3 === 1);
  expect(forward('atg', 11)).toEqual([]);
  expect(forward('code', 1)).toEqual([]);
  expect(forward('code', 11)).toEqual([{ strand: 1, left: 4, right: 15, started: true }]);
  expect(forward('any', 1)).toEqual([{ strand: 1, left: 4, right: 15, started: false }]);
});

/** The same by cutting the textbook's translation at its stops. */
function byCutting(letters: string, min: number, start: 'atg' | 'any') {
  const orfs: { strand: number; left: number; right: number }[] = [];
  for (const strand of [1, -1]) {
    const along = strand > 0 ? letters : reverseComplement(letters);
    for (const offset of [0, 1, 2]) {
      const codons = along.slice(offset).match(/.../g) ?? [];
      const amino = protein(along.slice(offset));
      let at = 0;
      for (const [nth, stretch] of amino.split('*').entries()) {
        const atg = codons.slice(at, at + stretch.length).indexOf('ATG');
        const skip = start === 'any' || nth === 0 ? 0 : atg;
        const stop = at + stretch.length < amino.length ? 1 : 0;
        if (skip >= 0 && stretch.length - skip >= min) {
          const [from, to] = [offset + 3 * (at + skip), offset + 3 * (at + stretch.length + stop)];
          orfs.push({
            strand,
            left: strand > 0 ? from + 1 : letters.length - to + 1,
            right: strand > 0 ? to : letters.length - from,
          });
        }
        at += stretch.length + 1;
      }
    }
  }
  return orfs;
}

test('the open reading frames are the stretches between the stops of all six frames', () => {
  const letter = fc.constantFrom(...'ACGTACGTACGTACGTRYN');
  const record = fc.array(letter, { minLength: 1, maxLength: 120 }).map((letters) => letters.join(''));
  fc.assert(
    fc.property(
      record,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('atg' as const, 'any' as const),
      (letters, min, start) => {
        const here = found(letters, min, start).map(({ started: _, ...place }) => place);
        expect(here).toEqual(byCutting(letters, min, start));
      },
    ),
    { numRuns: 1000 },
  );
});
