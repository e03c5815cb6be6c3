import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { ELEMENT_BYTES, type ElementType, type StoredTensor } from '../onnx/stored-tensor.js';
import { shown } from '../shown.js';
import { WeightsError } from './weights-error.js';

/** The reference implementation's own limit. */
const MOST_HEADER_BYTES = 100_000_000;

const DTYPES: Readonly<Record<string, { bytes: number; type?: ElementType }>> = {
  F32: { bytes: 4, type: 'float32' },
  F16: { bytes: 2, type: 'float16' },
  BF16: { bytes: 2, type: 'bfloat16' },
  I64: { bytes: 8, type: 'int64' },
  I32: { bytes: 4, type: 'int32' },
  F64: { bytes: 8 },
  U64: { bytes: 8 },
  U32: { bytes: 4 },
  U16: { bytes: 2 },
  I16: { bytes: 2 },
  U8: { bytes: 1 },
  I8: { bytes: 1 },
  BOOL: { bytes: 1 },
  F8_E5M2: { bytes: 1 },
  F8_E4M3: { bytes: 1 },
};

/** What a file of weights holds. Nothing but its header is read. */
export interface SafetensorsFile {
  path: string;
  tensors: ReadonlyMap<string, StoredTensor>;
  /** Names and types of tensors whose type no graph of ours takes. */
  others: ReadonlyMap<string, string>;
  metadata: Readonly<Record<string, string>>;
}

/**
 * Reads the header of a safetensors file, as strictly as the reference implementation: every byte of data belongs to exactly one
 * tensor, in order and without a hole, and shapes agree with lengths.
 * Format: https://github.com/huggingface/safetensors#format
 *
 * @throws WeightsError `weights_format`, naming the tensor.
 */
export function openSafetensors(path: string): SafetensorsFile {
  const refuse = (what: string, options?: ErrorOptions): never => {
    throw new WeightsError('weights_format', path, what, options);
  };
  // To open a pipe would wait for a writer.
  if (!statSync(path).isFile()) refuse('is not a regular file');
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size < 8) refuse(`is ${size} bytes long, too short for a safetensors file`);
    const head = Buffer.alloc(8);
    readSync(file, head, 0, 8, 0);
    const length = head.readBigUInt64LE();
    if (length > BigInt(MOST_HEADER_BYTES))
      refuse(`its header would be ${length} bytes long, more than ${MOST_HEADER_BYTES}`);
    const begin = 8 + Number(length);
    if (begin > size) refuse(`its header would end at byte ${begin}, but the file has ${size}`);
    const text = Buffer.alloc(Number(length));
    readSync(file, text, 0, text.length, 8);
    return { path, ...parse(path, text, begin, size - begin) };
  } finally {
    closeSync(file);
  }
}

/** Whether {@link openSafetensors} takes a file, whatever its name is. @throws what the file system throws. */
export function isSafetensors(path: string): boolean {
  try {
    openSafetensors(path);
    return true;
  } catch (error) {
    if (error instanceof WeightsError) return false;
    throw error;
  }
}

type Parsed = Omit<SafetensorsFile, 'path'>;

function parse(path: string, bytes: Buffer, begin: number, available: number): Parsed {
  const refuse = (what: string, options?: ErrorOptions): never => {
    throw new WeightsError('weights_format', path, what, options);
  };
  if (bytes[0] !== 0x7b) refuse("its header does not begin with '{'");
  let header: Record<string, unknown>;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = uniqueKeys(text);
  } catch (error) {
    return refuse(`its header is not valid JSON (${(error as Error).message})`, { cause: error });
  }
  const { __metadata__: metadata = {}, ...entries } = header;
  if (!isTextRecord(metadata)) refuse('its __metadata__ is not a map of texts');
  const found = Object.entries(entries).map(([name, entry]) => ({ name, ...entryOf(path, name, entry) }));
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of found) {
    if (start !== at) refuse(`'${name}' begins at byte ${start} of the data, where ${at} comes next`);
    at = end;
  }
  if (at !== available) refuse(`its tensors take ${at} bytes of data, but it has ${available}`);
  const tensors = new Map<string, StoredTensor>();
  const others = new Map<string, string>();
  for (const { name, dtype, type, shape, start, end } of found) {
    if (type === undefined) others.set(name, dtype);
    else tensors.set(name, { type, shape, file: path, offset: begin + start, length: end - start });
  }
  return { tensors, others, metadata: metadata as Record<string, string> };
}

interface Entry {
  dtype: string;
  type: ElementType | undefined;
  shape: readonly number[];
  start: number;
  end: number;
}

function entryOf(path: string, name: string, entry: unknown): Entry {
  const refuse = (what: string): never => {
    throw new WeightsError('weights_format', path, `'${name}' ${what}`);
  };
  if (typeof entry !== 'object' || entry === null) return refuse('is not described by an object');
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const known = typeof dtype === 'string' ? DTYPES[dtype] : undefined;
  if (known === undefined) return refuse(`has the unknown dtype ${shown(dtype)}`);
  if (!isCounts(shape)) return refuse(`has the shape ${shown(shape)}, which is not a list of lengths`);
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!)
    return refuse(`has the data_offsets ${shown(offsets)}, which are not a begin and an end`);
  const [start, end] = offsets as [number, number];
  const bytes = shape.reduce((product, length) => product * length, known.bytes);
  if (!Number.isSafeInteger(bytes) || bytes !== end - start)
    return refuse(`takes ${end - start} bytes, but its shape [${shape}] of ${dtype} needs ${bytes}`);
  return { dtype: dtype as string, type: known.type, shape, start, end };
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);

const isTextRecord = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'string');

/** JSON.parse keeps the last of two equal keys in silence; the format allows no such thing. */
function uniqueKeys(text: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('it is not an object');
  const twice = duplicateKey(text);
  if (twice !== undefined) throw new Error(`it has the key ${shown(twice)} twice`);
  return parsed as Record<string, unknown>;
}

/** A key that an object has twice, in a text that is valid JSON. */
function duplicateKey(text: string): string | undefined {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      let end = at + 1;
      for (; text[end] !== '"'; end++) if (text[end] === '\\') end++;
      let next = end + 1;
      while (/\s/.test(text[next] ?? '')) next++;
      if (text[next] === ':') {
        const key = JSON.parse(text.slice(at, end + 1)) as string;
        const keys = open.at(-1)!;
        if (keys!.has(key)) return key;
        keys!.add(key);
      }
      at = end;
    }
  }
  return undefined;
}

/** Bytes of a tensor that is read whole; for small ones. */
export function readTensor({ file, offset, length, type }: StoredTensor): Uint8Array {
  const bytes = new Uint8Array(length);
  const handle = openSync(file, 'r');
  try {
    let at = 0;
    while (at < length) {
      const read = readSync(handle, bytes, at, length - at, offset + at);
      if (read === 0) throw new WeightsError('weights_format', file, `ends within a tensor of ${type}`);
      at += read;
    }
  } finally {
    closeSync(handle);
  }
  return bytes;
}

export const bytesOf = ({ type, shape }: Pick<StoredTensor, 'type' | 'shape'>): number =>
  shape.reduce((product, length) => product * length, ELEMENT_BYTES[type]);
