import { crc32 } from 'node:zlib';
import { eventSchema, type ManifestEvent } from './schema.js';

// The journal is lines of JSON. Each ends in the CRC-32 of what stands before it in the line, so that a line that is there
// in part is told from one that was written. The first line names the manifest that the journal goes with. Behind the last
// line there may be room: line feeds, that lines are written over, since a sync is quicker where the file does not grow.

/** One event, as a line has it. */
export interface JournalRecord {
  revision: number;
  /** The time, ISO 8601. */
  at: string;
  event: ManifestEvent;
}

/** How the bytes end: with a line; with the beginning of one that nobody was told of; or as nothing we write. */
export type JournalEnd = 'whole' | 'torn' | 'mangled';

export interface JournalReading {
  /** The lines' values, without their checksums. */
  values: unknown[];
  /** Bytes up to the end of the last line that is whole. */
  bytes: number;
  end: JournalEnd;
}

const VERSION = '1.0';
const NEWLINE = 0x0a;
/** Bytes that a disk writes at once, at the least. */
const SECTOR = 512;
/** `,"crc32":"89abcdef"}` */
const CHECKSUM_LENGTH = 20;
const ENDS_A_LINE = /,"crc32":"[0-9a-f]{8}"\}$/;

/** Room to be written behind a journal's last line: line feeds, which a reader of JSON passes over. */
export const room = (bytes: number) => Buffer.alloc(bytes, NEWLINE);

/** The first line of a journal. */
export const formatHeader = (manifestId: string) => formatLine({ journal: VERSION, manifest_id: manifestId });

/** The line of an event. */
export const formatRecord = ({ revision, at, event }: JournalRecord) =>
  formatLine({ revision, at, ...event });

/** Reads lines until one is not whole. @param offset where in the journal the bytes begin. */
export function readJournal(bytes: Buffer, offset = 0): JournalReading {
  const values: unknown[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start);
    const value = end <= start ? undefined : parseLine(bytes.subarray(start, end));
    if (value === undefined) break;
    values.push(value);
    start = end + 1;
  }
  return { values, bytes: start, end: endOf(bytes.subarray(start), offset + start) };
}

/**
 * What lies behind the last whole line, `start` bytes from the file's beginning, but for the room that is kept there. A kill
 * leaves the beginning of a line. A power cut leaves holes, of whole sectors that did not reach the disk. Lines behind a hole
 * were never acknowledged, since a sync would have filled it.
 */
function endOf(rest: Buffer, start: number): JournalEnd {
  let length = rest.length;
  while (length > 0 && isRoom(rest[length - 1]!)) length--;
  if (length === 0) return 'whole';
  const written = rest.subarray(0, length);
  for (let i = 0; i < length; i++) {
    if (!isRoom(written[i]!)) continue;
    const hole = i;
    while (isRoom(written[i]!)) i++;
    const isSectors = (hole === 0 || (start + hole) % SECTOR === 0) && (start + i) % SECTOR === 0;
    return isSectors ? 'torn' : 'mangled';
  }
  // All of a line, but not what was written; where only its line feed is missing, it is.
  const whole = ENDS_A_LINE.test(written.subarray(-CHECKSUM_LENGTH).toString('latin1'));
  return whole && parseLine(written) === undefined ? 'mangled' : 'torn';
}

/** What a line is written over: line feeds, or zeros where these did not reach the disk. */
const isRoom = (byte: number) => byte === NEWLINE || byte === 0;

/** What the first line says; null when it is no header. */
export function parseHeader(value: unknown): { version: unknown; manifestId: unknown } | null {
  const { journal, manifest_id } = value as { journal?: unknown; manifest_id?: unknown };
  return journal === undefined ? null : { version: journal, manifestId: manifest_id };
}

/** Whether this Holdfast reads a journal of that version. */
export const isKnownVersion = (version: unknown) => version === VERSION;

/** @throws where the line is no event. */
export function parseRecord(value: unknown): JournalRecord {
  const { revision, at } = value as { revision: unknown; at: unknown };
  if (!Number.isSafeInteger(revision) || typeof at !== 'string') throw new TypeError('no event');
  return { revision: revision as number, at, event: eventSchema.parse(value) };
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

const checksum = (text: string | Buffer) => crc32(text).toString(16).padStart(8, '0');
