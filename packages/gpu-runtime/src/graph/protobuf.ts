import { readSync } from 'node:fs';

/** Bytes that are not a protobuf message, or a truncated one. */
export class BadProtobufError extends Error {
  override readonly name = 'BadProtobufError';
}

/** A field of a message: a number, or the range of a block of bytes in the file. */
export interface Field {
  number: number;
  /** The value of a varint; else undefined. */
  value?: bigint;
  /** Where its tag starts. */
  from: number;
  /** The range of its bytes in the file, `end` exclusive. */
  start: number;
  end: number;
}

const CHUNK = 64 * 1024;

/** Random access to a file's bytes, a chunk at a time. */
export class FileBytes {
  readonly #chunk = Buffer.alloc(CHUNK);
  #at = 0;
  #filled = 0;

  constructor(
    readonly file: number,
    readonly size: number,
  ) {}

  byte(at: number): number {
    if (at < this.#at || at >= this.#at + this.#filled) {
      this.#filled = readSync(this.file, this.#chunk, 0, CHUNK, at);
      this.#at = at;
      if (this.#filled === 0) throw new BadProtobufError('it ends too early');
    }
    return this.#chunk[at - this.#at]!;
  }

  text(start: number, end: number): string {
    const bytes = Buffer.alloc(end - start);
    for (let i = start; i < end; i++) bytes[i - start] = this.byte(i);
    return bytes.toString('utf8');
  }

  /** A copy of a range of the file. @throws BadProtobufError if the file ends before. */
  copy(start: number, end: number): Buffer {
    const bytes = Buffer.alloc(end - start);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(this.file, bytes, done, bytes.length - done, start + done);
      if (read === 0) throw new BadProtobufError('it ends too early');
      done += read;
    }
    return bytes;
  }
}

/**
 * Yields the fields of a message in file order. Wire types are those of the protobuf encoding (varint,
 * 64-bit, length-delimited, 32-bit). Blocks are skipped, not read.
 *
 * @param within the field that holds the message; the whole file by default.
 * @throws BadProtobufError
 */
export function* fieldsOf(
  bytes: FileBytes,
  within: Pick<Field, 'start' | 'end'> = { start: 0, end: bytes.size },
): Generator<Field> {
  let at = within.start;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= within.end) throw new BadProtobufError('it ends too early');
      const byte = bytes.byte(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new BadProtobufError('a number does not end');
  };
  while (at < within.end) {
    const from = at;
    const tag = varint();
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number === 0) throw new BadProtobufError('a field has no number');
    if (wire === 0) {
      const start = at;
      yield { number, value: varint(), from, start, end: at };
      continue;
    }
    const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : wire === 5 ? 4 : undefined;
    if (length === undefined) throw new BadProtobufError(`a field has the unknown wire type ${wire}`);
    if (length > within.end - at) throw new BadProtobufError('it ends too early');
    const start = at;
    at += length;
    yield { number, from, start, end: at };
  }
}

/** A varint's value as a signed number. @throws BadProtobufError for another kind of field. */
export function numberOf({ value }: Field): number {
  if (value === undefined) throw new BadProtobufError('a number is missing');
  return Number(BigInt.asIntN(64, value));
}

/** A block as text. */
export function textOf(bytes: FileBytes, { value, start, end }: Field): string {
  if (value !== undefined) throw new BadProtobufError('a name is missing');
  return bytes.text(start, end);
}

/** The numbers of a repeated field that may be packed into a block. */
export function numbersOf(bytes: FileBytes, field: Field): number[] {
  if (field.value !== undefined) return [numberOf(field)];
  const numbers: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (let at = field.start; at < field.end; at++) {
    const byte = bytes.byte(at);
    value |= BigInt(byte & 127) << shift;
    shift = byte < 128 ? 0n : shift + 7n;
    if (shift >= 70n) throw new BadProtobufError('a number does not end');
    if (byte >= 128) continue;
    numbers.push(Number(BigInt.asIntN(64, value)));
    value = 0n;
  }
  return numbers;
}

/** The first field with this number. */
export function only(fields: Iterable<Field>, number: number): Field | undefined {
  for (const field of fields) if (field.number === number) return field;
  return undefined;
}

/** A field of a message that is a block of bytes, as it is written. */
export function block(number: number, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint(number * 8 + 2), varint(content.length), content]);
}

/** A field that is a number, not negative. */
export function whole(number: number, value: number): Buffer {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
