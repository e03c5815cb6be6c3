/** A FASTA file with runs, repeats and noise, always the same: what the compressed fixtures hold. */
export function sample(): Buffer {
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const lines: string[] = [];
  for (let record = 0; record < 60; record++) {
    lines.push(`>r${record} ${'description '.repeat(random(4))}`);
    if (record % 20 === 7) lines.push('N'.repeat(130_000));
    if (record % 20 === 9) lines.push(...Array.from({ length: 200 }, () => 'ACGTTGCAAGGT'.repeat(5)));
    for (let line = random(12) + 1; line > 0; line--)
      lines.push(Array.from({ length: 60 }, () => 'ACGT'[random(4)]).join(''));
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}
