/**
 * The residue of each byte of a FASTA line, 0 for none. Blanks, line ends and `>` are never residues,
 * whatever the caller's table says.
 *
 * @param allowed 256 flags: not 0 for each upper-case byte that may be a residue.
 */
export function residueTable(allowed: Uint8Array): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x21; byte < 256; byte++) {
    const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
    if (allowed[upper] && byte !== 0x3e) table[byte] = upper;
  }
  return table;
}
