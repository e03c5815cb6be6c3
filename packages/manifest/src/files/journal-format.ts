import { crc32 } from 'node:zlib';
import { isEventType, type ManifestEvent } from '../model/schema.js';
import { hex } from './hex.js';

// The journal is lines of JSON. Each ends with the CRC-32 of the text before it, which reveals a partial
// line. The first line names the journal's manifest.

/** One event, as in a line. */
export interface JournalRecord {
  revision: number;
  /** The time, ISO 8601. */
  at: string;
  event: ManifestEvent;
}

/**
 * How the bytes end: with a whole line; with the start of an unacknowledged one; or unlike anything we write.
 */
export type JournalEnd = 'whole' | 'torn' | 'mangled';

export interface JournalReading {
  /** The lines' values, without their checksums. */
  values: unknown[];
  /** Bytes up to the end of the last whole line. */
  bytes: number;
  end: JournalEnd;
}

const VERSION = '1.0';
const NEWLINE = 0x0a;
/** Fewest bytes that a disk writes at a time. */
const SECTOR = 512;
/** `,"crc32":"89abcdef"}` */
const CHECKSUM_LENGTH = 20;

/** The first line of a journal. */
export const formatHeader = (manifestId: string) => formatLine({ journal: VERSION, manifest_id: manifestId });

/** The line of an event. */
export const formatRecord = ({ revision, at, event }: JournalRecord) =>
  formatLine({ revision, at, ...event });

/** Reads lines until one is not whole. @param offset position of the bytes in the journal. */
export function readJournal(bytes: Buffer, offset = 0): JournalReading {
  const values: unknown[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    const value = end < 0 ? undefined : parseLine(bytes.subarray(start, end));
    if (value === undefined) break;
    values.push(value);
    start = end + 1;
  }
  return { values, bytes: start, end: endOf(bytes.subarray(start), offset + start) };
}

/**
 * Classifies the bytes after the last whole line, which start `start` bytes into the file. A kill leaves the
 * start of a line. A power cut leaves zeros for bytes that never reached the disk: up to the end of a sector,
 * from where the written bytes ended. Lines after such a hole were never acknowledged, since a sync would
 * have filled it.
 */
function endOf(rest: Buffer, start: number): JournalEnd {
  if (rest.length === 0) return 'whole';
  if (hasWholeLine(rest)) return 'mangled';
  if (!rest.includes(NEWLINE)) return 'torn';
  const zeros = rest.indexOf(0);
  if (zeros < 0) return 'mangled';
  let end = zeros;
  while (rest[end] === 0) end++;
  if (end === rest.length) return rest.subarray(0, zeros).includes(NEWLINE) ? 'mangled' : 'torn';
  const begins = zeros === 0 || (start + zeros) % SECTOR === 0;
  return begins && (start + end) % SECTOR === 0 ? 'torn' : 'mangled';
}

/**
 * Whether the bytes begin with a whole line behind which stands something else than its line feed. No kill and no power cut
 * leaves that, and the line's event was acknowledged.
 */
function hasWholeLine(rest: Buffer): boolean {
  const mark = rest.indexOf(',"crc32":"');
  if (mark < 0) return false;
  const end = mark + CHECKSUM_LENGTH;
  const next = rest[end];
  return (
    next !== undefined && next !== NEWLINE && next !== 0 && parseLine(rest.subarray(0, end)) !== undefined
  );
}

/** The content of the first line; null if it is not a header. */
export function parseHeader(value: unknown): { version: unknown; manifestId: unknown } | null {
  const { journal, manifest_id } = value as { journal?: unknown; manifest_id?: unknown };
  return journal === undefined ? null : { version: journal, manifestId: manifest_id };
}

/** Whether this Holdfast reads journals of that version. */
export const isKnownVersion = (version: unknown) => version === VERSION;

/**
 * The content of a line. Its checksum already proves that it is as we wrote it, so its fields are not checked
 * again.
 *
 * @throws TypeError if the line is not a known event.
 */
export function parseRecord(value: unknown): JournalRecord {
  const { revision, at, ...event } = value as { revision: number; at: string } & ManifestEvent;
  if (!Number.isSafeInteger(revision) || typeof at !== 'string' || !isEventType(event.type))
    throw new TypeError('not an event');
  return { revision, at, event: event as ManifestEvent };
}

function formatLine(value: object): string {
  const text = JSON.stringify(value).slice(0, -1);
  return `${text},"crc32":"${checksum(text)}"}\n`;
}

function parseLine(line: Buffer): unknown {
  const text = line.subarray(0, Math.max(0, line.length - CHECKSUM_LENGTH));
  if (line.subarray(text.length).toString('latin1') !== `,"crc32":"${checksum(text)}"}`) return undefined;
  return JSON.parse(`${text.toString()}}`);
}

const checksum = (text: string | Buffer) => hex(crc32(text));
