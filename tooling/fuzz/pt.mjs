// Feeds millions of damaged files to @holdfast/pt-serializer: node tooling/fuzz/pt.mjs --runs N --seed S [--only K]
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const at = (path) => new URL(path, import.meta.url);
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    package: { type: 'string', default: at('../../packages/pt-serializer/dist/index.js').href },
    fixtures: { type: 'string', default: fileURLToPath(at('../../packages/pt-serializer/test/fixtures')) },
    'seconds-per-hundred': { type: 'string', default: '60' },
  },
});
const PEAK_MIB = 256;
const [from, to] = values.only ? [Number(values.only), Number(values.only) + 1] : [0, Number(values.runs)];
console.log(`seed ${values.seed}`);

/** A hundred inputs take milliseconds; one that hangs is found by the silence after them. */
const patience = Number(values['seconds-per-hundred']) * 1000;
const child = fork(
  fileURLToPath(at('./worker.mjs')),
  [values.package, values.fixtures, values.seed, from, to].map(String),
  // The heap may hold no more than is allowed in all: beyond it Node ends, which is a finding, too.
  { execArgv: [`--max-old-space-size=${PEAK_MIB}`] },
);
let failures = 0;
let last = from;
let result = null;
let timer = null;
const watch = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    console.log(`HANG between run ${last} and ${last + 99}`);
    failures++;
    child.kill('SIGKILL');
  }, patience);
};
watch();
child.on('message', (message) => {
  watch();
  if (message.failure) {
    failures++;
    if (failures <= 20)
      console.log(
        `FAILURE in run ${message.run} (--seed ${values.seed} --only ${message.run})\n${message.failure}`,
      );
  } else if (message.outcomes) result = message;
  else last = message.run;
});
child.on('close', (code, signal) => {
  clearTimeout(timer);
  if (result === null) {
    console.log(`ended with ${signal ?? code} between run ${last} and ${last + 99}`);
    process.exitCode = 1;
    return;
  }
  const { read = 0, ...refused } = result.outcomes;
  const codes = Object.entries(refused)
    .sort()
    .map(([name, count]) => `${name} ${count}`);
  const peak = Math.round(result.peakKib / 1024);
  if (peak > PEAK_MIB) failures++;
  console.log(
    `${to - from} mutations: ${read} read, refused: ${codes.join(', ')}; ${failures} failures; peak RSS ${peak} MiB of ${PEAK_MIB} allowed`,
  );
  if (failures > 0) process.exitCode = 1;
});
