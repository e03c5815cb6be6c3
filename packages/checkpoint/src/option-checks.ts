import type { DurableOptions, WriteDurablyOptions } from '@holdfast/durable';
import {
  above0,
  type Check,
  callback,
  flag,
  having,
  kind,
  object,
  oneOf,
  required,
  type Shape,
  text,
  value,
  whole,
  words,
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
export const isIndex = required(whole(0));
/** Of a file or folder; a name of any kind. */
export const isPath = required(words);
export const isText = required(text);
export const isStep = required(whole(0));

const isPlain = (given: unknown): boolean => {
  if (typeof given !== 'object' || given === null) return false;
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
export const isMetadata = required(kind('a plain object of facts, such as { model: "tnf" }', isPlain));
export const isRows = required(
  kind(
    'rows: { data, shape }, or a tensor of a device',
    (given) => typeof given === 'object' && given !== null,
  ),
);
// Not `array`: the IDs themselves are looked at once, with their rows.
export const isIdList = required(kind('an array with one ID a row', Array.isArray));
export const isMarker = required(
  kind('an object, { bytes, crc32 }', (given) => typeof given === 'object' && given !== null),
);
/** Room for so many float32. */
export const hasRoom = (numbers: number): Check =>
  value(
    `a Float32Array of ${numbers} numbers`,
    (given) =>
      Object.prototype.toString.call(given) === '[object Float32Array]' &&
      (given as Float32Array).length === numbers,
  );

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
