import { createRequire } from 'node:module';
import { crc32 as slow } from 'node:zlib';
import { checkOptions } from '@holdfast/options';
import type * as NodeRsCrc32 from '@node-rs/crc32';
import { isBytesView, isCrc32, isWhole } from '../argument-checks.js';

type Crc32 = (bytes: Uint8Array, sum?: number) => number;

let fast: Crc32 = slow;

let loading: Promise<void> | undefined;

/**
 * Loads the CRC-32 with the processor's carry-less multiplication, once. It is about five times as fast as that of
 * Node's zlib, which is used, with the same result, if the native part is missing.
 */
export function fastCrc32(): Promise<void> {
  // Not when this module is loaded: where memory is short, the native part ends the process instead of throwing.
  loading ??= load().catch(() => undefined);
  return loading;
}

async function load(): Promise<void> {
  // An `import` of this CommonJS package takes 30 ms more: Node.js parses it for names first.
  const { crc32 } = createRequire(import.meta.url)('@node-rs/crc32') as typeof NodeRsCrc32;
  fast = (bytes, sum) => crc32(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sum);
}

/**
 * The CRC-32 of bytes, continuing from that of the bytes before them.
 *
 * @throws RangeError and TypeError for anything but bytes and a CRC-32 (`code` is `invalid_option`).
 */
export function crc32(bytes: Uint8Array, sum = 0): number {
  if (!ArrayBuffer.isView(bytes)) checkOptions('crc32', bytes, isBytesView, 'bytes');
  checkOptions('crc32', sum, isCrc32, 'sum');
  return fast(bytes, sum);
}

/** The polynomial of CRC-32 (IEEE 802.3). Here and below, the highest bit is x⁰. */
const POLYNOMIAL = 0xedb88320;
/** x⁰. */
const ONE = 0x80000000;

/** The product of two polynomials over GF(2), modulo that of CRC-32. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = ONE, power = b; bit !== 0; bit >>>= 1) {
    if (a & bit) product ^= power;
    power = power & 1 ? (power >>> 1) ^ POLYNOMIAL : power >>> 1;
  }
  return product >>> 0;
}

/** x^(8 × 2ⁿ), for every n that lengths up to 2^53 need. */
const SHIFTS: readonly number[] = (() => {
  const shifts = [ONE >>> 8];
  while (shifts.length < 53) shifts.push(multiply(shifts.at(-1)!, shifts.at(-1)!));
  return shifts;
})();

/**
 * The CRC-32 of bytes whose last `length` bytes have the CRC-32 `last`, and all bytes before them `first`.
 *
 * @throws RangeError for an invalid CRC-32 or length (`code` is `invalid_option`).
 */
export function combineCrc32(first: number, last: number, length: number): number {
  checkOptions('combineCrc32', first, isCrc32, 'first');
  checkOptions('combineCrc32', last, isCrc32, 'last');
  checkOptions('combineCrc32', length, isWhole, 'length');
  let shifted = first;
  for (let n = 0, rest = length; rest > 0; n++, rest = Math.floor(rest / 2))
    if (rest % 2 === 1) shifted = multiply(SHIFTS[n]!, shifted);
  return (shifted ^ last) >>> 0;
}
