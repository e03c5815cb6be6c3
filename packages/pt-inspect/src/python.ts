import {
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtTuple,
} from '@holdfast/pt-serializer';

/** Values in Python's notation, so the listing can be compared with PyTorch's own, line by line. */

/** Parts of a value put into words at most, and their characters; a hostile file can make a small tuple endless. */
const MOST_PARTS = 10_000;
const MOST_CHARACTERS = 2 ** 24;

/** Python's own `str()` refuses ints of more digits: they take long, and few bytes can refer to one many times. */
const MOST_DIGITS = 4300;
const LONG_INT = 10n ** BigInt(MOST_DIGITS);

/** Whether an int is too long to be put into words. */
export function isLongInt(value: unknown): value is bigint {
  return typeof value === 'bigint' && (value >= LONG_INT || value <= -LONG_INT);
}

/** The name of a value's type. */
export function typeName(value: unknown): string {
  if (value === null) return 'NoneType';
  if (value instanceof NumpyScalar) return value.dtype === 'bool' ? 'bool_' : value.dtype;
  if (typeof value !== 'object') return { string: 'str', boolean: 'bool' }[typeof value as string] ?? 'int';
  for (const [type, name] of TYPES) if (value instanceof type) return name;
  return 'object';
}

const TYPES: readonly (readonly [abstract new (...args: never[]) => object, string])[] = [
  [PtFloat, 'float'],
  [PtComplex, 'complex'],
  [PtDType, 'dtype'],
  [PtDevice, 'device'],
  [PtFrozenSet, 'frozenset'],
  [Set, 'set'],
  [PtByteArray, 'bytearray'],
  [Uint8Array, 'bytes'],
  [PtTuple, 'tuple'],
  [Array, 'list'],
  [Map, 'dict'],
];

/** `str()` of a dict's key. */
export function keyText(key: unknown): string {
  return typeof key === 'string' ? key : repr(key);
}

/** `repr()` of a value that holds no tensors. */
export function repr(value: unknown): string {
  let parts = 0;
  let characters = 0;
  const say = (part: unknown): string => {
    if (typeof part === 'string' || part instanceof Uint8Array) characters += part.length;
    if (++parts > MOST_PARTS || characters > MOST_CHARACTERS) return '…';
    if (part === null) return 'None';
    if (typeof part === 'boolean') return part ? 'True' : 'False';
    if (typeof part === 'string') return quoted(part);
    if (part instanceof PtFloat) return float(part.value);
    // A float that was a key; of a whole one is not known that it was.
    if (typeof part === 'number' && !Number.isSafeInteger(part)) return float(part);
    if (part instanceof PtComplex) return complex(part, float);
    if (part instanceof PtDType) return `torch.${part.name}`;
    if (part instanceof PtDevice) {
      const index = part.index === null ? '' : `, index=${part.index}`;
      return `device(type=${quoted(part.type)}${index})`;
    }
    if (part instanceof NumpyScalar) return numpy(part);
    if (part instanceof PtByteArray) return `bytearray(${bytes(part)})`;
    if (part instanceof Uint8Array) return bytes(part);
    if (part instanceof PtTuple) return `(${part.map(say).join(', ')}${part.length === 1 ? ',' : ''})`;
    if (part instanceof Set) {
      const items = part.size > 0 ? `{${[...part].map(say).join(', ')}}` : '';
      return part instanceof PtFrozenSet ? `frozenset(${items})` : items || 'set()';
    }
    return isLongInt(part) ? `(an int of more than ${MOST_DIGITS} digits)` : String(part);
  };
  return say(value);
}

/** `repr()` of a float: the shortest digits that give the same double, as in JavaScript, in Python's notation. */
export function float(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e16)) {
    return Number.isInteger(value) ? `${value}.0` : String(value);
  }
  const [digits, exponent = ''] = value.toExponential().split('e');
  return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, '0')}`;
}

/** Numpy prints the shortest digits that distinguish a number from its neighbours of the same type. */
function numpy({ dtype, value }: NumpyScalar): string {
  const real =
    {
      float16: (x: number) => shortest(x, 10, -24),
      bfloat16: (x: number) => shortest(x, 7, -133),
      float32: single,
      complex64: single,
    }[dtype as string] ?? ((x: number) => x);
  if (value instanceof PtComplex) return complex(value, (part) => float(real(part)));
  if (typeof value === 'number' && dtype.startsWith('float')) return float(real(value));
  return typeof value === 'boolean' ? repr(value) : String(value);
}

const single = (value: number) => shortest(value, 23, -149);

/** @param fraction bits of the type's fraction. @param least exponent of its smallest step. */
function shortest(value: number, fraction: number, least: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(value))) - fraction, least);
  for (let digits = 1; digits < 10; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.abs(candidate - value) < step / 2) return candidate;
  }
  return value;
}

function complex({ re, im }: PtComplex, say: (part: number) => string): string {
  const short = (part: number) => say(part).replace(/\.0$/, '');
  const imaginary = `${short(im)}j`;
  if (Object.is(re, 0)) return imaginary;
  return `(${short(re)}${/^-/.test(imaginary) ? '' : '+'}${imaginary})`;
}

const ESCAPED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A literal in the quotes that need fewer escapes. A text can be long and referred to often, so only what may have to be
 * escaped is looked at character by character.
 *
 * @param unusual characters that are not shown as they are. @param other how one is shown.
 */
function literal(text: string, unusual: RegExp, other: (character: string) => string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inside = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replace(unusual, (character) => ESCAPED[character] ?? other(character));
  return `${quote}${inside}${quote}`;
}

function quoted(text: string): string {
  return literal(text, /(?! )[\p{C}\p{Z}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    if (code <= 0xff) return `\\x${hex(code, 2)}`;
    return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
  });
}

function bytes(value: Uint8Array): string {
  const other = (character: string) => `\\x${hex(character.charCodeAt(0), 2)}`;
  return `b${literal(Buffer.from(value).toString('latin1'), /[^ -~]/g, other)}`;
}

const hex = (code: number, length: number) => code.toString(16).padStart(length, '0');
