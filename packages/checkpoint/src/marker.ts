/** What a `.done` marker says of its `.pt`. */
export interface Marker {
  /** Length of the `.pt` in bytes. */
  bytes: number;
  /** SHA-256 of the `.pt`, 64 hexadecimal digits. */
  sha256: string;
}

/** A marker's text: one line of JSON. */
export function formatMarker({ bytes, sha256 }: Marker): string {
  return `${JSON.stringify({ bytes, sha256 })}\n`;
}

/**
 * Reads a marker's text.
 *
 * @returns the marker; `'empty'` for the markers of the original Python, which hold nothing; null when it is damaged.
 */
export function parseMarker(text: string): Marker | 'empty' | null {
  if (text === '') return 'empty';
  try {
    const { bytes, sha256 } = JSON.parse(text) as Partial<Marker>;
    if (Number.isSafeInteger(bytes) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)) {
      return { bytes: bytes as number, sha256 };
    }
  } catch {
    // Not JSON: damaged.
  }
  return null;
}
