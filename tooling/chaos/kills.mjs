// Kills a run at random moments with SIGKILL, its whole process group at once, types the same line again each time, and
// compares the result with that of an undisturbed run.
// usage: node kills.mjs INPUT... --out DIR [--kills 5] [--seed 1] [-- MORE OPTIONS OF THE COMMAND]
//
// Standard output: one line of JSON a life of the run, then one with the verdict. Exit code 0 only if every kill met a
// living run and the results are the same byte for byte.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { random } from './random.mjs';

const BIN = fileURLToPath(new URL('../../apps/runner/bin/holdfast.js', import.meta.url));

/**
 * One life of the command.
 * @param {(event: string, lines: number) => boolean} due whether to kill it now, asked at each line of its output
 * @param {number} delay milliseconds from then to the kill
 */
async function live(args, due = () => false, delay = 0) {
  const begun = performance.now();
  const child = spawn(process.execPath, [BIN, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let timer;
  const life = { killed: false, lines: 0, checkpoints: 0, sequences: 0, last: '' };
  createInterface({ input: child.stdout }).on('line', (text) => {
    const { event, sequences } = JSON.parse(text);
    life.lines++;
    life.last = event;
    if (event === 'checkpoint') {
      life.checkpoints++;
      life.sequences += sequences;
    }
    if (timer === undefined && due(event, life.lines)) {
      timer = setTimeout(() => child.exitCode ?? process.kill(-child.pid, 'SIGKILL'), delay);
    }
  });
  const [code, signal] = await once(child, 'close');
  life.killed = signal === 'SIGKILL';
  return { ...life, code, ms: Math.round(performance.now() - begun) };
}

async function digest(out) {
  const digests = [];
  for (const file of ['embeddings.safetensors', 'ids.txt']) {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(join(out, file))) hash.update(chunk);
    digests.push(hash.digest('hex'));
  }
  return digests.join(' ');
}

const own = process.argv.indexOf('--', 2);
const { values, positionals } = parseArgs({
  args: process.argv.slice(2, own < 0 ? undefined : own),
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    kills: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
});
const more = own < 0 ? [] : process.argv.slice(own + 1);
mkdirSync(values.out, { recursive: true });
const line = (out) => [
  'embed',
  '--progress',
  'json',
  ...positionals,
  '--out',
  join(values.out, out),
  ...more,
];
const say = (fact) => console.log(JSON.stringify(fact));

const undisturbed = await live(line('undisturbed'));
say({ life: 'undisturbed', ...undisturbed });
const next = random(Number(values.seed));
const kills = Number(values.kills);
let killed = 0;
let life;
for (let n = 1; n <= kills + 1; n++) {
  // Each within an equal share of the undisturbed run's events, so that they fall all over the work; the last amid the joining.
  const after = 1 + Math.floor((next() * undisturbed.lines) / kills);
  const due = n < kills ? (_, lines) => lines >= after : (event) => n === kills && event === 'assembling';
  life = await live(line('killed'), due, next() * 20);
  if (life.killed) killed++;
  say({ life: n, ...life });
}
const same =
  life.code === 0 &&
  (await digest(join(values.out, 'undisturbed'))) === (await digest(join(values.out, 'killed')));
say({ verdict: same && killed === kills ? 'held' : 'FAILED', kills: killed, byteIdentical: same });
process.exitCode = same && killed === kills ? 0 : 1;
