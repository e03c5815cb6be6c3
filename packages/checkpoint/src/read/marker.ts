import { checkOptions, kind, required, type Shape, whole } from '@holdfast/options';
import { isText } from '../argument-checks.js';

/** The content of a `.done` marker, about its `.pt`. */
export interface Marker {
  /** Length of the `.pt` in bytes. */
  bytes: number;
  /** CRC-32 (IEEE 802.3) of the whole `.pt`. */
  crc32: number;
}

const isMarker = required(
  kind('an object, { bytes, crc32 }', (given) => typeof given === 'object' && given !== null),
);

/** Other fields are not written, so they are not checked. */
const markerFields: Shape<Marker> = {
  bytes: required(whole(0)),
  crc32: required(whole(0, 2 ** 32 - 1)),
};

/**
 * A marker's text: one line of JSON, with the checksum as eight hexadecimal digits.
 *
 * @throws RangeError and TypeError for an invalid marker (`code` is `invalid_option`).
 */
export function formatMarker(marker: Marker): string {
  checkOptions('formatMarker', marker, isMarker, 'marker');
  const { bytes, crc32 } = marker;
  checkOptions('formatMarker', bytes, markerFields.bytes, 'bytes');
  checkOptions('formatMarker', crc32, markerFields.crc32, 'crc32');
  return `${JSON.stringify({ bytes, crc32: crc32.toString(16).padStart(8, '0') })}\n`;
}

/**
 * Reads a marker's text.
 *
 * @returns the marker; `'empty'` for the original Python's empty markers; null if it is damaged.
 * @throws TypeError for anything but a string (`code` is `invalid_option`).
 */
export function parseMarker(text: string): Marker | 'empty' | null {
  checkOptions('parseMarker', text, isText, 'text');
  if (text === '') return 'empty';
  try {
    const { bytes, crc32 } = JSON.parse(text) as Record<keyof Marker, unknown>;
    if (Number.isSafeInteger(bytes) && typeof crc32 === 'string' && /^[0-9a-f]{8}$/.test(crc32)) {
      return { bytes: bytes as number, crc32: Number.parseInt(crc32, 16) };
    }
  } catch {
    // Not JSON: damaged.
  }
  return null;
}
