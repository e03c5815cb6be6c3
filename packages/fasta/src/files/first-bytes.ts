/** Bytes that {@link compressionOf} needs. */
export const MAGIC_LENGTH = 6;

/** A known compression and the command that decompresses it. */
export interface Compression {
  name: 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'zip';
  /** Followed by the file's name, it writes the decompressed file to standard output. */
  command: string;
}

// gzip: RFC 1952, 2.3.1; zstd: RFC 8878, 3.1.1; xz: the .xz file format 1.2.1, 2.1.1.1; zip: APPNOTE 4.3.7.
const MAGICS: readonly (Compression & { magic: readonly number[] })[] = [
  { name: 'gzip', command: 'gzip -dc', magic: [0x1f, 0x8b] },
  { name: 'bzip2', command: 'bzip2 -dc', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', command: 'xz -dc', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00] },
  { name: 'zstd', command: 'zstd -dc', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'zip', command: 'unzip -p', magic: [0x50, 0x4b, 0x03, 0x04] },
];

/** Detects a file's compression by its first bytes, not its name. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  return MAGICS.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
}

/** Why a file whose first non-blank byte is `byte` is not FASTA; undefined if it may be. */
export function notFasta(byte: number): string | undefined {
  // FASTQ begins with "@", a comment with ";".
  if (byte === 0x3e || byte === 0x40 || byte === 0x3b) return undefined;
  if (byte === 0xff || byte === 0xfe || byte === 0) {
    // Without a byte order mark, iconv needs the byte order.
    const from = byte === 0 ? 'UTF-16BE' : 'UTF-16';
    return `not FASTA: it begins like UTF-16 text; convert it to UTF-8 first, e.g. with \`iconv -f ${from} -t UTF-8\``;
  }
  return `not FASTA: the first character is ${describeByte(byte)} instead of ">"; check that this is the right file`;
}

/** A byte for messages: the character if it is printable, else its value. */
export function describeByte(byte: number): string {
  if (byte === 0x22) return `'"'`;
  if (byte > 0x20 && byte < 0x7f) return `"${String.fromCharCode(byte)}"`;
  return `the byte 0x${byte.toString(16).padStart(2, '0')}`;
}

const BOM = [0xef, 0xbb, 0xbf];

/** The first byte of `head` after a UTF-8 byte order mark, blanks and line ends. */
export function firstVisibleByte(head: Uint8Array): number | undefined {
  const start = BOM.every((byte, i) => head[i] === byte) ? BOM.length : 0;
  return head
    .subarray(start)
    .find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
}
