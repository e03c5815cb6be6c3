// In a process of its own: holds a checkpoint, writes it, and tells by how many bytes its peak grew meanwhile.
import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';

const [packageUrl, path, ...sizes] = process.argv.slice(2);
const [rows, dim] = sizes.map(Number);
const { tensor, writePt } = await import(packageUrl);
const data = new Float32Array(rows * dim).fill(1.5);
const ids = Array.from({ length: rows }, (_, i) => `sequence_${i}`);
const status = (field) => {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found[1]) * 1024;
};
// Small, so that what is measured is not the first use of the code.
const warm = await open(path, 'w');
await writePt(warm, { embeddings: tensor('float32', [1, dim], data.subarray(0, dim)), sequence_ids: ['a'] });
await warm.close();
// Sets the peak to what is held now.
writeFileSync('/proc/self/clear_refs', '5');
const before = status('VmRSS');
const file = await open(path, 'w');
await writePt(file, { embeddings: tensor('float32', [rows, dim], data), sequence_ids: ids });
await file.close();
console.log(status('VmHWM') - before);
