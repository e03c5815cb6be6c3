import { FastaParser, type FrameRows, type Refusal } from '@holdfast/fasta';
import type { LetterRules } from '@holdfast/gpu-runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LetterCounts } from './letter-counts.js';
import { letterPlan } from './letter-plan.js';
import { LetterSink } from './letter-sink.js';
import type { LetterUse } from './letter-use.js';

const PROTEIN = 'ACDEFGHIKLMNPQRSTVWYXBUZO.-';
const alphabets = { protein: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ*-.', dna: 'ACGTURYSWKMBDHVN-.' };

interface Records {
  records: { id: string; residues: string }[];
  counts: LetterCounts;
}

/** Takes sequences like an index, and keeps them as text. */
class TextRows implements FrameRows {
  readonly records: { id: string; residues: string }[] = [];
  #text = '';
  #taken = 0;
  readonly #staged = Buffer.alloc(1 << 16);

  header(id: Uint8Array): void {
    this.#id = Buffer.from(id).toString();
    if (this.#spans === 'yes') this.#spans = 'no';
  }
  #id = '';
  #spans: 'no' | 'yes' | 'dropped' = 'no';
  #filling = false;
  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    const at = 7;
    const begun = this.#complete;
    this.#filling = true;
    this.#spans = 'yes';
    const more = this.#staged.toString('latin1', at, fill(this.#staged, at));
    this.#filling = false;
    const spans: string = this.#spans;
    this.#text = (spans === 'dropped' ? this.#text.slice(0, begun) : this.#text) + more;
    this.#spans = 'no';
  }
  /** Letters of complete records in the text. */
  get #complete(): number {
    return this.#taken + this.#lengths.reduce((sum, length) => sum + length, 0);
  }
  drop(): void {
    if (!this.#filling) this.#text = this.#text.slice(0, this.#complete);
    else if (this.#spans === 'yes') this.#spans = 'dropped';
  }
  readonly #lengths: number[] = [];
  end(residues: number): Refusal | null {
    if (this.records.some(({ id }) => id === this.#id)) {
      this.drop();
      return { code: 'duplicate_id', problem: '' };
    }
    this.records.push({ id: this.#id, residues: '' });
    if (this.#spans === 'yes') this.#spans = 'no';
    this.#lengths.push(residues);
    return null;
  }
  async settle(): Promise<void> {
    // A length arrives before its residues.
    for (const [i, length] of this.#lengths.entries()) {
      const residues = this.#text.slice(this.#taken, this.#taken + length);
      expect(residues).toHaveLength(length);
      this.records[this.#settled + i]!.residues = residues;
      this.#taken += length;
    }
    this.#settled += this.#lengths.length;
    this.#lengths.length = 0;
  }
  #settled = 0;
  inputWith(): null {
    return null;
  }
  get left(): string {
    return this.#text.slice(this.#taken);
  }
}

interface Case {
  alphabet: 'dna' | 'protein';
  known: string;
  use: LetterUse;
  longestWord?: number;
}

const rulesOf = ({ known, longestWord }: Case): Pick<LetterRules, 'known' | 'longestWord'> => ({
  known: Uint8Array.from({ length: 256 }, (_, byte) => (known.includes(String.fromCharCode(byte)) ? 1 : 0)),
  ...(longestWord === undefined ? {} : { longestWord }),
});

/** Reads FASTA in pieces of these lengths. */
async function through(files: readonly string[], pieces: readonly number[], of: Case): Promise<Records> {
  const rows = new TextRows();
  const sink = new LetterSink(rows, letterPlan(rulesOf(of), of.use, of.alphabet));
  const allowed = Uint8Array.from({ length: 256 }, (_, byte) =>
    alphabets[of.alphabet].includes(String.fromCharCode(byte)) ? 1 : 0,
  );
  for (const text of files) {
    const parser = new FastaParser({
      file: 'f',
      allowed,
      hint: '',
      header: (id, record, line) => sink.header(id, record, line),
      end: (residues) => sink.end(residues),
      drop: () => sink.drop(),
      fault: () => undefined,
    });
    const bytes = Buffer.from(text);
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const piece = bytes.subarray(at, at + (pieces[i % pieces.length] ?? bytes.length));
      sink.appendResidues((staged, to) => parser.write(piece, staged, to));
      at += piece.length;
    }
    parser.end();
    await sink.settle();
  }
  expect(rows.left).toBe('');
  return { records: rows.records, counts: sink.counts };
}

/** A naive implementation on strings, sequence by sequence. */
function naive(all: readonly [id: string, residues: string][], of: Case): Records {
  const dropsGaps = of.use.gaps === 'dropped';
  const usable = all.filter(
    ([, residues]) => !residues.includes('!') && !(dropsGaps && /^[-.]*$/.test(residues)),
  );
  // Of several records with one ID, the first counts that can be used.
  const sequences = usable.filter(([id], i) => usable.findIndex(([other]) => other === id) === i);
  const [from, to] = of.use.read === 'as they are' ? [] : of.use.read.split(' as ');
  const dropped = of.use.final_stop !== 'kept';
  const held = (test: (residues: string) => number) => {
    const found = sequences
      .map(([id, residues]) => ({ id, letters: test(residues) }))
      .filter((s) => s.letters > 0);
    return {
      letters: found.reduce((sum, { letters }) => sum + letters, 0),
      sequences: found.length,
      first: found.slice(0, 5).map(({ id }) => id),
    };
  };
  const gapless = (residues: string) => (dropsGaps ? residues.replace(/[-.]/g, '') : residues);
  const given = (given: string) => {
    const residues = gapless(given);
    const cut = dropped && residues.length > 1 ? residues.replace(/\*$/, '') : residues;
    return from === undefined ? cut : cut.replaceAll(from, to!);
  };
  const isFinal = (residues: string) => (/.\*$/.test(gapless(residues)) ? 1 : 0);
  const many = (residues: string, test: (letter: string) => boolean) => [...residues].filter(test).length;
  const isUnknown = (letter: string) => !of.known.includes(letter);
  const letters = [
    ...new Set(sequences.flatMap(([, residues]) => [...given(residues)].filter(isUnknown))),
  ].sort();
  const without = (found: ReturnType<typeof held>) => ({ sequences: found.sequences, first: found.first });
  const any = of.alphabet === 'dna' ? 'N' : 'X';
  const isResidue = (letter: string) => !isUnknown(letter) && !'*-.'.includes(letter) && letter !== any;
  const longest = (residues: string) =>
    Math.max(
      ...gapless(residues)
        .split(/[^A-Z]/)
        .map(({ length }) => length),
    );
  return {
    records: sequences.map(([id, residues]) => ({ id, residues: given(residues) })),
    counts: {
      unknown: {
        ...without(held((residues) => many(given(residues), isUnknown))),
        letters: Object.fromEntries(
          letters.map((letter) => [
            letter,
            held((residues) => many(given(residues), (each) => each === letter)),
          ]),
        ),
      },
      ...(from !== undefined && { read_as: { from, to: to!, ...held((r) => many(r, (l) => l === from)) } }),
      final_stops: { dropped, ...held(isFinal) },
      other_stops: held((residues) => many(residues, (letter) => letter === '*') - isFinal(residues)),
      gaps: {
        ...(dropsGaps && { dropped: true as const }),
        ...held((residues) => many(residues, (letter) => '-.'.includes(letter))),
      },
      without_residues: without(held((residues) => ([...given(residues)].some(isResidue) ? 0 : 1))),
      ...(of.longestWord !== undefined && {
        long_words: {
          longest: of.longestWord,
          ...without(held((residues) => (longest(residues) > of.longestWord! ? 1 : 0))),
        },
      }),
    },
  };
}

const cases: Record<string, Case> = {
  'proteins, a final stop dropped': {
    alphabet: 'protein',
    known: PROTEIN,
    use: { read: 'as they are', final_stop: 'dropped' },
  },
  'proteins, stops kept': {
    alphabet: 'protein',
    known: PROTEIN,
    use: { read: 'as they are', final_stop: 'kept' },
  },
  'DNA, U as T': { alphabet: 'dna', known: 'ACGT', use: { read: 'U as T', final_stop: 'kept' } },
  'RNA, T as U': { alphabet: 'dna', known: 'ACGUN', use: { read: 'T as U', final_stop: 'kept' } },
  'proteins, gaps and a final stop dropped': {
    alphabet: 'protein',
    known: PROTEIN,
    use: { read: 'as they are', final_stop: 'dropped', gaps: 'dropped' },
  },
  'proteins without gaps, in short words': {
    alphabet: 'protein',
    known: PROTEIN,
    use: { read: 'as they are', final_stop: 'kept', gaps: 'dropped' },
    longestWord: 5,
  },
  'DNA without gaps, U as T': {
    alphabet: 'dna',
    known: 'ACGT',
    use: { read: 'U as T', final_stop: 'stripped', gaps: 'dropped' },
  },
  'DNA as it stands, in short words': {
    alphabet: 'dna',
    known: 'ACGTN',
    use: { read: 'as they are', final_stop: 'kept' },
    longestWord: 6,
  },
};

test.each(Object.entries(cases))(
  'counts and sequences equal the naive ones, however the input is cut into pieces: %s',
  async (_, of) => {
    // Mostly residues, with enough stops, gaps and unknown letters to hit the ends of pieces.
    const letter = fc.oneof(
      { arbitrary: fc.constantFrom(...alphabets[of.alphabet]), weight: 8 },
      { arbitrary: fc.constantFrom(...of.known.slice(0, 4)), weight: 8 },
      { weight: 8, arbitrary: fc.constantFrom(...(of.alphabet === 'dna' ? 'NTU-' : '**-J')) },
      // A fault, and gaps only, which is one if they are dropped.
      { arbitrary: fc.constantFrom('!'), weight: 1 },
    );
    const line = fc.string({ unit: letter, minLength: 1, maxLength: 9 });
    const gaps = fc.string({ unit: fc.constantFrom('-', '.'), minLength: 1, maxLength: 9 });
    const sequence = fc.oneof(
      { arbitrary: fc.array(line, { minLength: 1, maxLength: 4 }), weight: 6 },
      { arbitrary: fc.array(gaps, { minLength: 1, maxLength: 3 }), weight: 1 },
    );
    const files = fc.array(fc.array(sequence, { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 3,
    });
    const pieces = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    const ends = fc.constantFrom('\n', '\r\n', '\n\n');
    await fc.assert(
      fc.asyncProperty(
        files,
        pieces,
        ends,
        fc.boolean(),
        fc.integer({ min: 2, max: 30 }),
        async (content, lengths, end, closed, ids) => {
          let next = 0;
          const named = content.map((records) =>
            records.map((lines) => [`s${next++ % ids}`, lines] as const),
          );
          const texts = named.map((records) => {
            const text = records.map(([id, lines]) => `>${id} x${end}${lines.join(end)}`).join(end);
            return closed ? text + end : text;
          });
          const sequences = named.flat().map(([id, lines]) => [id, lines.join('')] as [string, string]);
          expect(await through(texts, lengths, of)).toEqual(naive(sequences, of));
        },
      ),
      { numRuns: 300 },
    );
  },
);

test('a stop at the end of a piece is final only if its sequence ends there', async () => {
  const of = cases['proteins, a final stop dropped']!;
  const text = '>a\nMK*\nAV*\n>b\n*\n>c\nM**\n';
  for (let size = 1; size <= text.length; size++) {
    const { records, counts } = await through([text], [size], of);
    expect(records).toEqual([
      { id: 'a', residues: 'MK*AV' },
      { id: 'b', residues: '*' },
      { id: 'c', residues: 'M*' },
    ]);
    expect(counts.final_stops).toEqual({ dropped: true, letters: 2, sequences: 2, first: ['a', 'c'] });
    expect(counts.other_stops).toEqual({ letters: 3, sequences: 3, first: ['a', 'b', 'c'] });
  }
});

test('lower case is counted as upper case, and a selenocysteine is never a T', async () => {
  const of = cases['proteins, a final stop dropped']!;
  const { records, counts } = await through(['>a\nmkuj*\n'], [100], of);
  expect(records).toEqual([{ id: 'a', residues: 'MKUJ' }]);
  expect(counts.unknown.letters).toEqual({ J: { letters: 1, sequences: 1, first: ['a'] } });
});

test('a long ID is named in full', async () => {
  const id = 'i'.repeat(3000);
  const { counts } = await through([`>${id}\nMJ\n`], [64], cases['proteins, stops kept']!);
  expect(counts.unknown.first).toEqual([id]);
});
