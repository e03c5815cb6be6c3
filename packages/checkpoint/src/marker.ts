/** What a `.done` marker says of its `.pt`. */
export interface Marker {
  /** Length of the `.pt` in bytes. */
  bytes: number;
  /** XXH64 of the `.pt`, seed 0, 16 hexadecimal digits. */
  xxh64: string;
}

/** A marker's text: one line of JSON. */
export function formatMarker({ bytes, xxh64 }: Marker): string {
  return `${JSON.stringify({ bytes, xxh64 })}\n`;
}

/**
 * Reads a marker's text.
 *
 * @returns the marker; `'empty'` for the markers of the original Python, which hold nothing; null when it is damaged.
 */
export function parseMarker(text: string): Marker | 'empty' | null {
  if (text === '') return 'empty';
  try {
    const { bytes, xxh64 } = JSON.parse(text) as Partial<Marker>;
    if (Number.isSafeInteger(bytes) && typeof xxh64 === 'string' && /^[0-9a-f]{16}$/.test(xxh64)) {
      return { bytes: bytes as number, xxh64 };
    }
  } catch {
    // Not JSON: damaged.
  }
  return null;
}
