import { basename } from 'node:path';
import {
  type DurableOptions,
  isThere,
  removeDurably,
  type WriteDurablyOptions,
  writeFileDurably,
} from '@holdfast/durable';
import { checkOptions, object } from '@holdfast/options';
import { type PtValue, tensor, writePt } from '@holdfast/pt-serializer';
import { isPath } from '../argument-checks.js';
import { durableChecks, writeDurablyOptions } from '../durable-checks.js';
import { type Float16Loss, toFloat16 } from '../float16.js';
import { markerPath } from '../names.js';
import { checkIds, checkNumbers, checkParts, checkShape } from '../read/check.js';
import { formatMarker, type Marker } from '../read/marker.js';
import { isStorage, type Matrix, type Metadata, type StorageType } from './parts.js';

/** How one checkpoint is written. */
export interface CheckpointOptions extends DurableOptions {
  /** Default `float32`, which is exact. */
  storage?: StorageType;
}

const checkpointOptions = object<CheckpointOptions>({ ...durableChecks, storage: isStorage });

/** A checkpoint that is on disk. */
export interface Written extends Marker {
  /** What float16 did not keep; null where rows are kept as they are. */
  loss: Float16Loss | null;
}

/**
 * Writes one checkpoint so that it lasts: first the `.pt`, wholly and synced, then its marker. A crash before the
 * marker is in place leaves a file that resume takes as not written. Of several at once for the same path, in whatever
 * processes, one succeeds and the others find that something is there.
 *
 * @returns length and checksum of the `.pt`.
 * @param path of the `.pt`, of any name; `readShard` and resume find those that `checkpointName` gives.
 * @param sequenceIds one a row, each once.
 * @throws an error with code `EEXIST` where a file stands already, finished or not; RangeError and TypeError for rows, IDs,
 * metadata and options that do not agree or cannot be written (`code` is `invalid_option`); what the file system throws. Then nothing new is left.
 */
export async function writeCheckpoint(
  path: string,
  embeddings: Matrix,
  sequenceIds: readonly string[],
  metadata: Metadata,
  options: CheckpointOptions = {},
): Promise<Written> {
  const call = { of: 'writeCheckpoint', path };
  checkParts(call, { rows: embeddings, ids: sequenceIds, metadata });
  checkOptions('writeCheckpoint', options, checkpointOptions);
  const { storage = 'float32', ...durable } = options;
  const shape = checkShape(call, embeddings.shape, sequenceIds);
  checkIds(call, sequenceIds);
  const data = checkNumbers(call, embeddings.data, shape);
  if (isThere(path) || isThere(markerPath(path))) throw taken(path);
  const half = storage === 'float16' ? toFloat16(data) : null;
  const value: PtValue = {
    embeddings: half ? tensor('float16', shape, half.bits) : tensor('float32', shape, data),
    sequence_ids: sequenceIds,
    metadata,
  };
  const only = { ...durable, onlyNew: true };
  const marker = await writePtDurably(path, value, only).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? taken(path, error) : error;
  });
  try {
    await writeFileDurably(markerPath(path), formatMarker(marker), only);
  } catch (error) {
    // The `.pt` goes too, so that the same can be tried again, and because a full disk needs the room.
    await removeDurably(path, durable).catch(() => undefined);
    throw error;
  }
  return { ...marker, loss: half?.loss ?? null };
}

function taken(path: string, cause?: unknown): Error {
  const reason = isThere(markerPath(path)) ? 'a checkpoint' : 'a file, without a marker,';
  return Object.assign(new Error(`EEXIST: ${reason} is there already; set it aside first`, { cause }), {
    code: 'EEXIST',
  });
}

/**
 * Writes any value as a `.pt` that lasts; a file that is there is replaced, unless `onlyNew` is set.
 *
 * @param value its tensors' bytes are given at once, or in pieces that stay as they are.
 * @throws RangeError and TypeError for a path or options that are none (`code` is `invalid_option`); what `writePt` and the file
 * system throw.
 */
export async function writePtDurably(
  path: string,
  value: PtValue,
  options: WriteDurablyOptions = {},
): Promise<Marker> {
  checkOptions('writePtDurably', path, isPath, 'path');
  checkOptions('writePtDurably', options, writeDurablyOptions);
  return writeFileDurably(
    path,
    async (file) => {
      // A write resolves when the one before it is over: the next part is prepared while the system writes.
      let writing: Promise<void> = Promise.resolve();
      const sink = {
        write(bytes: Uint8Array): Promise<void> {
          const before = writing;
          writing = before.then(() => file.write(bytes));
          // It is told by the next write, or at the end.
          writing.catch(() => undefined);
          return before;
        },
      };
      const written = await writePt(sink, value, { name: basename(path).replace(/\.[^.]*$/, '') });
      await writing;
      return written;
    },
    options,
  );
}
