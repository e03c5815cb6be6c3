/** A field of a protobuf message; `bytes` is empty for a number. */
export interface ProtobufField {
  number: number;
  bytes: Uint8Array;
}

/** The length of a field of fixed size, by its wire type. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Yields the fields of a message in order. @throws Error if the bytes are not a message. */
export function* fields(message: Uint8Array): Generator<ProtobufField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 63; factor *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('it ends too early');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    throw new Error('a number does not end');
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (wire === 0) varint();
    const length = wire === 0 ? 0 : wire === 2 ? varint() : FIXED[wire];
    if (length === undefined || number === 0) throw new Error('a field has no known type');
    if (length > message.length - at) throw new Error('it ends too early');
    yield { number, bytes: message.subarray(at, at + length) };
    at += length;
  }
}
