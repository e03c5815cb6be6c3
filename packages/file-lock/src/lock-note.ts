import { readSync, writeSync } from 'node:fs';

/** What the holders of a lock write into its file, for whoever waits. */
export interface LockNote {
  /** The last exclusive holder, for messages; null if there is none. */
  holder: string | null;
  /** Milliseconds that holders lately waited; only of a lock that is crowded. */
  usualMs?: number;
}

/** Each line is padded to its length, so a new one overwrites the old one. */
const HOLDER_BYTES = 128;
const USUAL_BYTES = 16;

/** What is written may be half of it, or of another version. */
export function parseNote(text: string): Required<LockNote> {
  const [holder = '', usual = ''] = text.split('\n');
  return {
    holder: holder.trim() || null,
    usualMs: /^\d{1,6} *$/.test(usual) ? Number(usual) : 0,
  };
}

export function formatNote({ holder, usualMs }: LockNote): string {
  const first = `${(holder ?? '').padEnd(HOLDER_BYTES - 1)}\n`;
  if (usualMs === undefined) return first;
  return `${first}${String(Math.min(Math.round(usualMs), 999_999)).padEnd(USUAL_BYTES - 1)}\n`;
}

export function readNote(descriptor: number): Required<LockNote> {
  const bytes = Buffer.alloc(HOLDER_BYTES + USUAL_BYTES);
  return parseNote(bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, 0)));
}

export function writeNote(descriptor: number, note: LockNote): void {
  writeSync(descriptor, formatNote(note), 0);
}
