// Just enough of the ONNX protobuf to write a model: field numbers from onnx.proto3 (onnx 1.13, IR version 8).

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const BOOL = 9;
export const DOUBLE = 11;

const ATTRIBUTE_INT = 2;
const ATTRIBUTE_STRING = 3;
const ATTRIBUTE_GRAPH = 5;
const ATTRIBUTE_INTS = 7;

const varint = (value) => {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
};

const integer = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);

const block = (field, content) => {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content, 'utf8');
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
};

const message = (field, parts) => block(field, Buffer.concat(parts));

const attributeValue = (value) => {
  if (Buffer.isBuffer(value)) return [block(6, value), integer(20, ATTRIBUTE_GRAPH)];
  if (typeof value === 'string') return [block(4, value), integer(20, ATTRIBUTE_STRING)];
  if (Array.isArray(value)) return [...value.map((each) => integer(8, each)), integer(20, ATTRIBUTE_INTS)];
  return [integer(3, value), integer(20, ATTRIBUTE_INT)];
};

const attribute = ([name, value]) => message(5, [block(1, name), ...attributeValue(value)]);

/** A node; it is named after its only output. An attribute is a whole number, a list of them, a string or a graph. */
export const node = (type, inputs, output, attributes = {}) =>
  message(1, [
    ...inputs.map((input) => block(1, input)),
    block(2, output),
    block(3, output),
    block(4, type),
    ...Object.entries(attributes).map(attribute),
  ]);

/** A constant of 32- or 64-bit integers. */
export const constant = (name, type, dims, values) => {
  const size = type === INT64 ? 8 : 4;
  const raw = Buffer.alloc(values.length * size);
  values.forEach((value, i) => {
    if (type === INT64) raw.writeBigInt64LE(BigInt(value), i * size);
    else raw.writeInt32LE(value, i * size);
  });
  return message(5, [...dims.map((dim) => integer(1, dim)), integer(2, type), block(8, name), block(9, raw)]);
};

/** Float32 weights that lie in a file beside the model's, from `offset` on. */
export const externalWeights = (name, dims, { file, offset }) => {
  const bytes = 4 * dims.reduce((product, dim) => product * dim, 1);
  const facts = { location: file, offset: String(offset), length: String(bytes) };
  const entries = Object.entries(facts).map(([key, text]) => message(13, [block(1, key), block(2, text)]));
  return message(5, [
    ...dims.map((dim) => integer(1, dim)),
    integer(2, FLOAT),
    block(8, name),
    ...entries,
    integer(14, 1),
  ]);
};

const value = (field, name, type, shape) =>
  message(field, [
    block(1, name),
    message(2, [
      message(1, [
        integer(1, type),
        message(
          2,
          shape.map((dim) => message(1, [typeof dim === 'string' ? block(2, dim) : integer(1, dim)])),
        ),
      ]),
    ]),
  ]);

export const input = (name, type, shape) => value(11, name, type, shape);
export const output = (name, type, shape) => value(12, name, type, shape);

/** A graph, such as the body of a loop. `parts` as of a model. */
export const graph = (name, parts) => Buffer.concat([...parts, block(2, name)]);

/** The whole file. `parts` are nodes, constants, inputs and outputs in any order. */
export const model = (name, opset, parts) =>
  Buffer.concat([
    integer(1, 8),
    block(2, 'holdfast'),
    block(7, graph(name, parts)),
    message(8, [block(1, ''), integer(2, opset)]),
  ]);
