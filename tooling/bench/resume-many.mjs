// Resumes one folder in a process of its own; prints milliseconds, rows and the process's highest memory in bytes.
import { readFileSync } from 'node:fs';

const [packageUrl, folder] = process.argv.slice(2);
const { readShard } = await import(packageUrl);
const start = performance.now();
let rows = 0;
for await (const entry of readShard(folder)) {
  if ('fault' in entry) throw new Error(entry.fault);
  rows += entry.checkpoint.sequenceIds.length;
}
const ms = performance.now() - start;
const status = readFileSync('/proc/self/status', 'utf8');
console.log(JSON.stringify({ ms, rows, rss: Number(/VmHWM:\s+(\d+)/.exec(status)[1]) * 1024 }));
