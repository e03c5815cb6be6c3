import { crc32 } from 'node:zlib';
import { ManifestCorruptError, ManifestVersionError } from '../errors.js';
import { type ManifestState, manifestSchema, type ShardState } from '../model/schema.js';
import { hex } from './hex.js';

/** Bytes at the start of `manifest.json` that distinguish it from every other version of the file. */
export const HEAD_LENGTH = 256;

/** The document's last field: the CRC-32 of everything before it. */
const CHECKSUM = /,\n "crc32": "([0-9a-f]{8})"\n\}\n$/;
const CHECKSUM_LENGTH = ',\n "crc32": "89abcdef"\n}\n'.length;

/** `manifest.json` in pieces: a line for each field and each checkpoint, and last its checksum. */
export function* formatSnapshot(state: ManifestState): Generator<string> {
  let checksum = 0;
  for (const text of withoutChecksum(state)) {
    checksum = crc32(text, checksum);
    yield text;
  }
  yield `,\n "crc32": "${hex(checksum)}"\n}\n`;
}

function* withoutChecksum({ shards, redistributions, ...head }: ManifestState): Generator<string> {
  // First, and within HEAD_LENGTH: version, manifest_id and revision.
  yield `{\n${fields(head, ' ')},\n "shards": {`;
  let separator = '\n';
  for (const [rank, { checkpoints, ...facts }] of Object.entries(shards)) {
    yield `${separator}  "${rank}": {\n${fields(facts, '   ')},\n   "checkpoints": [`;
    yield* lines(checkpoints, '    ', '   ');
    yield ']\n  }';
    separator = ',\n';
  }
  yield `${separator === '\n' ? '' : '\n '}},\n "redistributions": [`;
  yield* lines(redistributions, '  ', ' ');
  yield ']';
}

/** @throws ManifestCorruptError, ManifestVersionError. */
export function parseSnapshot(path: string, bytes: Buffer): ManifestState {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new ManifestCorruptError(path, 'it is not JSON', { cause });
  }
  const version = (json as { version?: unknown } | null)?.version;
  if (version === undefined) throw new ManifestCorruptError(path, 'it has no version');
  if (version !== '1.0') throw new ManifestVersionError(path, version);
  // Files of older versions have no checksum, and no field that this version does not know: one may be its damaged name.
  const sum = (json as { crc32?: unknown }).crc32;
  if (sum !== undefined && !hasChecksum(bytes))
    throw new ManifestCorruptError(path, 'its checksum does not match its content');
  const unknown =
    sum === undefined && Object.keys(json as object).find((name) => !(name in manifestSchema.shape));
  if (unknown)
    throw new ManifestCorruptError(path, `it has no checksum, but a field ${JSON.stringify(unknown)}`);
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0]!;
    throw new ManifestCorruptError(path, `${place.join('.')}: ${message}`, { cause: parsed.error });
  }
  const { data } = parsed;
  for (const [rank, shard] of Object.entries(data.shards)) {
    const wrong = disagreement(shard);
    if (wrong !== null) throw new ManifestCorruptError(path, `shards.${rank}: ${wrong}`);
  }
  return data;
}

function hasChecksum(bytes: Buffer): boolean {
  const text = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_LENGTH));
  return CHECKSUM.exec(bytes.subarray(text.length).toString('latin1'))?.[1] === hex(crc32(text));
}

/** A contradiction within a shard, as after an edit by hand; null if there is none. */
function disagreement({ checkpoints, total_sequences, last_checkpoint_batch }: ShardState): string | null {
  let total = 0;
  let last = -1;
  for (const { batch_idx, num_sequences } of checkpoints) {
    if (batch_idx <= last) return `checkpoint ${batch_idx} follows ${last}`;
    last = batch_idx;
    total += num_sequences;
  }
  if (total !== total_sequences)
    return `total_sequences is ${total_sequences}, its checkpoints have ${total}`;
  if (last !== last_checkpoint_batch)
    return `last_checkpoint_batch is ${last_checkpoint_batch}, its checkpoints end at ${last}`;
  return null;
}

const fields = (value: object, indent: string) =>
  Object.entries(value)
    .map(([key, field]) => `${indent}${JSON.stringify(key)}: ${JSON.stringify(field)}`)
    .join(',\n');

function* lines(values: readonly object[], indent: string, outdent: string): Generator<string> {
  let separator = '\n';
  for (const value of values) {
    yield `${separator}${indent}${JSON.stringify(value)}`;
    separator = ',\n';
  }
  if (values.length > 0) yield `\n${outdent}`;
}
