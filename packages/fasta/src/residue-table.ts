/** `>`, `;` and `@` begin lines that are no residues. */
const BEGIN_LINES: readonly number[] = [0x3e, 0x3b, 0x40];

/**
 * The residue of each byte of a FASTA line, 0 for none. Blanks, line breaks, `>`, `;` and `@` are never
 * residues, even if `allowed` has them.
 *
 * @param allowed 256 flags: nonzero for each upper-case byte that may be a residue.
 */
export function residueTable(allowed: Uint8Array): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x21; byte < 256; byte++) {
    const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    if (allowed[upper] && !BEGIN_LINES.includes(byte)) table[byte] = upper;
  }
  return table;
}
