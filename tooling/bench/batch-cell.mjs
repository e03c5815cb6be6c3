// In a process of its own: how fast a model embeds sequences of these lengths in batches of so many tokens.
// node batch-cell.mjs MODEL THREADS TOKENS SECONDS LENGTHS; standard output: a line of JSON with the tokens of a second and of
// a second of CPU time, which other work on the machine matters less to, and the peak of memory in bytes.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const runtime = createRequire(new URL('../../apps/runner/package.json', import.meta.url));
const { loadModel, resolveModel, tokensOf } = await import(
  pathToFileURL(runtime.resolve('@holdfast/gpu-runtime')).href
);
const [model, threads, batchTokens, seconds, lengths] = process.argv.slice(2);
const source = await resolveModel(model);
const loaded = await loadModel(
  { ...source, batchTokens: Number(batchTokens) },
  { intraOpThreads: Number(threads) },
);
const letters = Buffer.from(source.alphabet === 'dna' ? 'ACGT' : 'ACDEFGHIKLMNPQRSTVWY');
let state = 7;
const sequence = (length) =>
  Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return letters[(state >>> 16) % letters.length];
  });

// What a plan of a large input does: sequences of about one length in a batch, the longest first.
const each = lengths.split(',').map(Number);
const share = Number(seconds) / each.length;
let warm = false;
let perToken = 0;
let cpuPerToken = 0;
for (const length of each.sort((a, b) => b - a)) {
  const tokens = tokensOf(source, length);
  const count = Math.max(1, Math.floor(Number(batchTokens) / tokens));
  const batch = Array.from({ length: count }, () => sequence(length));
  if (!warm) await loaded.embed(batch.slice(0, 1));
  warm = true;
  let calls = 0;
  const begun = performance.now();
  const used = process.cpuUsage();
  do {
    await loaded.embed(batch);
    calls++;
  } while (performance.now() - begun < share * 1000);
  const { user, system } = process.cpuUsage(used);
  perToken += (performance.now() - begun) / (calls * count * tokens) / each.length;
  cpuPerToken += (user + system) / (calls * count * tokens) / each.length;
}
const peak = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
console.log(JSON.stringify({ perSecond: 1000 / perToken, perCpuSecond: 1e6 / cpuPerToken, peak }));
