import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../model/recovery.js';
import type { ManifestEvent } from '../model/schema.js';
import {
  formatHeader,
  formatRecord,
  type JournalRecord,
  parseRecord,
  readJournal,
} from './journal-format.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const rank = fc.nat(5);
const file = fc.stringMatching(/^[^/\\\0.]{1,9}\.pt$/);
const facts = { batch_idx: fc.nat(), num_sequences: fc.nat(), file };
const event: fc.Arbitrary<ManifestEvent> = fc.oneof(
  fc.record({ type: fc.constant('checkpoint' as const), rank, ...facts }),
  fc.record({
    type: fc.constant('reconciled' as const),
    rank,
    removed: fc.array(fc.nat(), { maxLength: 3 }),
    added: fc.array(fc.record(facts), { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constantFrom('complete' as const, 'in_progress' as const, 'heartbeat' as const),
    rank,
  }),
  fc.record({ type: fc.constant('failed' as const), rank, error: text }),
  fc.record({ type: fc.constant('redistributed' as const), failed_rank: rank, new_rank: rank }),
  fc.record({ type: fc.constant('claimed' as const), rank, owner: text }),
  fc.record({
    type: fc.constant('recovery' as const),
    rank,
    // JSON does not keep the sign of zero.
    recovery: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json),
  }),
);
const record: fc.Arbitrary<JournalRecord> = fc.record({ revision: fc.nat(), at: text, event });
const journal = fc.array(record, { maxLength: 6 }).map((records) => ({
  records,
  bytes: Buffer.from(formatHeader('id') + records.map(formatRecord).join('')),
}));

/** The records that were read, without the first line. */
const recordsOf = (bytes: Buffer) => readJournal(bytes).values.slice(1).map(parseRecord);

test('a journal reads as it was written', () => {
  fc.assert(
    fc.property(journal, ({ records, bytes }) => {
      expect(readJournal(bytes)).toMatchObject({ end: 'whole', bytes: bytes.length });
      expect(recordsOf(bytes)).toEqual(records);
    }),
  );
});

test('cut off or zeroed from anywhere on, the lines before are read and the rest is torn', () => {
  fc.assert(
    fc.property(journal, fc.nat(), fc.nat(5000), ({ records, bytes }, place, zeros) => {
      const length = place % (bytes.length + 1);
      const read = readJournal(Buffer.concat([bytes.subarray(0, length), Buffer.alloc(zeros)]));
      const lines = bytes.subarray(0, length).filter((byte) => byte === 0x0a).length;
      const whole = length === 0 || bytes[length - 1] === 0x0a;
      expect(read.end).toBe(whole && zeros === 0 ? 'whole' : 'torn');
      expect(read.values.slice(1).map(parseRecord)).toEqual(records.slice(0, Math.max(0, lines - 1)));
    }),
  );
});

test('a changed byte never reads as another event', () => {
  fc.assert(
    fc.property(
      journal,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      ({ records, bytes: written }, place, change) => {
        const bytes = Buffer.from(written);
        const at = place % bytes.length;
        bytes[at]! ^= change;
        const { values, end } = readJournal(bytes);
        expect(end).not.toBe('whole');
        const line = bytes.subarray(0, at).filter((byte) => byte === 0x0a).length;
        expect(values).toHaveLength(line);
        expect(values.slice(1).map(parseRecord)).toEqual(records.slice(0, Math.max(0, line - 1)));
      },
    ),
  );
});

test('a damaged line with others after it is distinguished from a torn one', () => {
  const record = { revision: 1, at: 'now', event: { type: 'complete', rank: 0 } } as const;
  const line = formatRecord(record);
  expect(readJournal(Buffer.from(`${line}${line.replace('0', '1')}`)).end).toBe('mangled');
  expect(readJournal(Buffer.from(`${line}${line.slice(0, -1)}`)).end).toBe('torn');
});

test('a hole of whole sectors anywhere counts as torn, and one of any other size as damage', () => {
  const line = (revision: number) =>
    formatRecord({ revision, at: 'now', event: { type: 'failed', rank: 0, error: 'x'.repeat(1200) } });
  const bytes = Buffer.from(line(1) + line(2) + line(3));
  const holed = (from: number, to: number) => {
    const copy = Buffer.from(bytes);
    copy.fill(0, from, to);
    return readJournal(copy).end;
  };
  expect(holed(512, 1024)).toBe('torn');
  expect(holed(line(1).length, 2048)).toBe('torn');
  expect(holed(2560, bytes.length)).toBe('torn');
  expect(holed(700, 701)).toBe('mangled');
  expect(holed(600, 1024)).toBe('mangled');
  expect(holed(512, 1000)).toBe('mangled');
  // The same for bytes that start at an offset.
  expect(readJournal(Buffer.concat([bytes.subarray(0, 12), Buffer.alloc(512), bytes]), 500).end).toBe('torn');
});

test('other programs can read the lines as JSON', () => {
  const line = formatRecord({ revision: 7, at: 'now', event: { type: 'failed', rank: 0, error: 'é\n' } });
  expect(JSON.parse(line)).toEqual({
    revision: 7,
    at: 'now',
    type: 'failed',
    rank: 0,
    error: 'é\n',
    crc32: expect.stringMatching(/^[0-9a-f]{8}$/),
  });
});

test('whatever stands behind a whole line instead of its line feed is damage, not a torn end', () => {
  const line = formatHeader('id');
  const next = formatRecord({ revision: 1, at: 'now', event: { type: 'complete', rank: 0 } });
  for (let bit = 0; bit < 8; bit++) {
    const bytes = Buffer.from(line + next);
    bytes[bytes.length - 1]! ^= 1 << bit;
    // A zero is what a power cut leaves.
    if (bytes.at(-1) !== 0) expect(readJournal(bytes).end).toBe('mangled');
  }
  // A kill leaves any part of a line, also all of it but the line feed.
  for (let cut = 1; cut < next.length; cut++)
    expect(readJournal(Buffer.from(line + next.slice(0, cut))).end).toBe('torn');
});
