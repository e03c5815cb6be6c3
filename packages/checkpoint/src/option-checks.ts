import type { DurableOptions, WriteDurablyOptions } from '@holdfast/durable';
import {
  above0,
  type Check,
  callback,
  flag,
  having,
  object,
  oneOf,
  type Shape,
  whole,
} from '@holdfast/options';
import type { Marker } from './marker.js';
import type { ResumeOptions } from './resume.js';
import type { ReadOptions } from './shard.js';
import type { CheckpointOptions } from './write.js';
import type { WriterOptions } from './writer.js';

const durable: Shape<DurableOptions> = {
  fs: having('a file system', 'create', 'rename', 'renameToFree', 'remove', 'makeDirectory', 'syncDirectory'),
};
const storage = oneOf(['float32', 'float16']);
const onCorruption = oneOf(['stop', 'salvage']);

export const isVerify = oneOf(['checksum', 'length', 'unmarked']);
/** A checkpoint's number. */
export const isIndex = whole(0);

export const durableOptions = object<DurableOptions>(durable);
export const writeDurablyOptions = object<WriteDurablyOptions>({ ...durable, onlyNew: flag });
export const checkpointOptions = object<CheckpointOptions>({ ...durable, storage });
export const readOptions = object<ReadOptions>({ onCorruption, verify: isVerify, accept: callback });
export const resumeOptions = object<ResumeOptions>({ forceRestart: flag, onCorruption });
export const writerOptions = object<WriterOptions>({
  ...durable,
  storage,
  thread: having('a WriterThread', 'run', 'close'),
  maxPendingBytes: above0('bytes'),
  onDurable: callback,
});

/** What a marker says; its other fields are not written. */
export const markerFields: Readonly<Record<keyof Marker, Check>> = {
  bytes: whole(0),
  crc32: whole(0, 2 ** 32 - 1),
};
