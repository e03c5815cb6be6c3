import { type PtErrorPlace, PtFormatError } from '../format-error.js';
import { crc32 } from '../io/checksum.js';
import type { Member } from './zip-reader.js';

/** Compares the checksums of an archive while somebody reads the file for another purpose. */
export interface ChecksInOrder {
  /**
   * Takes the next bytes of the file, from its first on. They are not kept.
   *
   * @throws PtFormatError (`checksum`) at the end of a member that does not match.
   */
  update(bytes: Uint8Array): void;
  /** Must be called after the last byte. @throws PtFormatError (`zip`) if the file ended within a member. */
  end(): void;
}

/** @param members that do not overlap. @param placeOf what errors name. */
export function checksInOrder(
  members: Iterable<Member>,
  placeOf: (member: Member) => PtErrorPlace,
): ChecksInOrder {
  const waiting = [...members].sort((a, b) => b.start - a.start || b.size - a.size);
  /** Offset of the next byte in the file. */
  let at = 0;
  let sum = 0;
  return {
    update(bytes) {
      const end = at + bytes.length;
      for (let next = waiting.at(-1); next !== undefined && next.start < end; next = waiting.at(-1)) {
        const from = Math.max(next.start, at);
        const to = Math.min(next.start + next.size, end);
        sum = crc32(bytes.subarray(from - at, to - at), sum);
        if (next.start + next.size > end) break;
        compareSums(next, sum, placeOf);
        waiting.pop();
        sum = 0;
      }
      at = end;
    },
    end() {
      for (const member of waiting) {
        if (member.size > 0) throw new PtFormatError('zip', 'the file ends within it', placeOf(member));
        compareSums(member, 0, placeOf);
      }
    },
  };
}

/** @throws PtFormatError (`checksum`). */
export function compareSums(member: Member, found: number, placeOf: (member: Member) => PtErrorPlace): void {
  if (found === member.crc) return;
  const reason = 'its CRC-32 does not match: the bytes have changed since they were written';
  throw new PtFormatError('checksum', reason, placeOf(member));
}
