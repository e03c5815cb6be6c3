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
import type { Float16Loss } from '../float16.js';
import { markerPath } from '../names.js';
import { checkIds, checkNumbers, checkParts, checkShape, checkValues } from '../read/check.js';
import { formatMarker, type Marker } from '../read/marker.js';
import { storedNumbers } from '../stored-numbers.js';
import { isStorage, type Matrix, type Metadata, type StorageType } from './parts.js';
import { valueTensors } from './value-tensors.js';

/** How one checkpoint is written. */
export interface CheckpointOptions extends DurableOptions {
  /** Default `float32`, which is exact. */
  storage?: StorageType;
}

const checkpointOptions = object<CheckpointOptions>({ ...durableChecks, storage: isStorage });

/** A checkpoint that is on disk. */
export interface Written extends Marker {
  /** The loss from float16; null if rows are stored exactly. */
  loss: Float16Loss | null;
}

/**
 * Writes one checkpoint durably: first the whole `.pt`, synced, then its marker. A crash before the marker is
 * in place leaves a file that resume treats as not written. Of several concurrent writes to one path, in any
 * processes, one succeeds and the others fail with `EEXIST`.
 *
 * @param path of the `.pt`, with any name; `readShard` and resume find the names of `checkpointName`.
 * @param sequenceIds one per row, without duplicates.
 * @returns length and checksum of the `.pt`, and the loss from float16.
 * @throws an error with code `EEXIST` if a file exists, finished or not; RangeError and TypeError for rows,
 * IDs, metadata and options that do not agree or cannot be written (`code` is `invalid_option`); errors of
 * the file system. After an error nothing new is left.
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
  checkValues(call, embeddings.values, shape[0]);
  const stored = storedNumbers(data, storage);
  const value: PtValue = {
    embeddings: tensor(storage, shape, stored.data),
    sequence_ids: sequenceIds,
    metadata,
    ...(embeddings.values && valueTensors(embeddings.values, storage)),
  };
  const only = { ...durable, onlyNew: true };
  const marker = await writePtDurably(path, value, only).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? taken(path, error) : error;
  });
  try {
    await writeFileDurably(markerPath(path), formatMarker(marker), only);
  } catch (error) {
    // Remove the `.pt` too, to allow a retry and to free room on a full disk.
    await removeDurably(path, durable).catch(() => undefined);
    throw error;
  }
  return { ...marker, loss: stored.loss };
}

function taken(path: string, cause?: unknown): Error {
  const what = isThere(markerPath(path)) ? 'a checkpoint' : 'a file without a marker';
  return Object.assign(new Error(`EEXIST: ${what} already exists; set it aside first`, { cause }), {
    code: 'EEXIST',
  });
}

/**
 * Writes any value durably as a `.pt`; replaces an existing file, unless `onlyNew` is set.
 *
 * @param value each tensor's bytes come whole, or in pieces that must not change.
 * @throws RangeError and TypeError for an invalid path or options (`code` is `invalid_option`); what
 * `writePt` and the file system throw.
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
      // A write resolves once the previous one is done: the next part is prepared while the system writes.
      let writing: Promise<void> = Promise.resolve();
      const sink = {
        write(bytes: Uint8Array): Promise<void> {
          const before = writing;
          writing = before.then(() => file.write(bytes));
          // The next write, or the end, reports the failure.
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
