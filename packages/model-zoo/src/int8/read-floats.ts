import type { StoredTensor } from '../onnx/stored-tensor.js';

/** float32 of each 16-bit pattern of a type, made when first needed. */
const tables = new Map<'float16' | 'bfloat16', Float32Array>();

/** A piece of a tensor as float32. @throws RangeError for integers. */
export function asFloats(piece: Buffer, type: StoredTensor['type']): Float32Array {
  if (type === 'float32') {
    const floats = new Float32Array(piece.length / 4);
    new Uint8Array(floats.buffer).set(piece);
    return floats;
  }
  if (type !== 'float16' && type !== 'bfloat16') throw new RangeError(`weights of the type ${type}`);
  const bits = new Uint16Array(piece.length / 2);
  new Uint8Array(bits.buffer).set(piece);
  let table = tables.get(type);
  if (table === undefined) {
    table = Float32Array.from({ length: 65536 }, (_, each) =>
      type === 'float16' ? half(each) : brain(each),
    );
    tables.set(type, table);
  }
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) floats[i] = table[bits[i]!]!;
  return floats;
}

/** IEEE 754 half precision. */
function half(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const sign = bits >> 15 === 0 ? 1 : -1;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The upper half of a float32. */
const brain = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
