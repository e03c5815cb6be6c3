// The plain way to canonical tetranucleotide frequencies, one thread: node kmer-counter.mjs INPUT.fa OUT
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const [input, output] = process.argv.slice(2);
const COMPLEMENT = { A: 'T', C: 'G', G: 'C', T: 'A' };
const columns = new Map();
const names = [];
for (const a of 'ACGT')
  for (const b of 'ACGT')
    for (const c of 'ACGT')
      for (const d of 'ACGT') {
        const word = a + b + c + d;
        const reverse = COMPLEMENT[d] + COMPLEMENT[c] + COMPLEMENT[b] + COMPLEMENT[a];
        const [canonical] = [word, reverse].sort();
        if (canonical === word) names.push(word);
        columns.set(word, names.indexOf(canonical));
      }
const file = openSync(output, 'w');
let counts = new Float32Array(names.length);
let sequence = '';

function end() {
  counts.fill(0);
  let total = 0;
  for (let at = 0; at + 4 <= sequence.length; at++) {
    const column = columns.get(sequence.slice(at, at + 4));
    if (column === undefined) continue;
    counts[column]++;
    total++;
  }
  if (total > 0) counts = counts.map((count) => count / total);
  writeSync(file, counts);
  sequence = '';
}

for (const line of readFileSync(input, 'latin1').split('\n')) {
  if (!line.startsWith('>')) sequence += line.toUpperCase();
  else if (sequence !== '') end();
}
if (sequence !== '') end();
closeSync(file);
