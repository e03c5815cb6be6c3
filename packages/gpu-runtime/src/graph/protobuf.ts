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
    const tag = varint();
    const number = Number(tag >> 3n);
    const wire = Number(tag & 7n);
    if (number === 0) throw new BadProtobufError('a field has no number');
    if (wire === 0) {
      const start = at;
      yield { number, value: varint(), start, end: at };
      continue;
    }
    const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : wire === 5 ? 4 : undefined;
    if (length === undefined) throw new BadProtobufError(`a field has the unknown wire type ${wire}`);
    if (length > within.end - at) throw new BadProtobufError('it ends too early');
    const start = at;
    at += length;
    yield { number, start, end: at };
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

/** The first field with this number. */
export function only(fields: Iterable<Field>, number: number): Field | undefined {
  for (const field of fields) if (field.number === number) return field;
  return undefined;
}
