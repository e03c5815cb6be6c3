// How long a run takes to end, and whether a process is left, when it is stopped or killed.
// usage: node stop.mjs --out DIR
//
// `answers`: SIGTERM to the command while its workers embed batches of some milliseconds. `never answers`: SIGTERM while
// the worker is in a call of the model that does not return; it has the default grace of 30 s. `killed`: SIGKILL to the
// command alone in such a call; the worker must end by itself, and the same line must go on and find the sequence.
//
// Standard output: one line of JSON each with the seconds, then the verdict, which is of exit codes and processes, not of
// seconds. Exit code 0 only if it held. Takes about two minutes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Life, lives } from './life.mjs';
import { fasta, proteins } from './proteins.mjs';
import { readQuarantine } from './result.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string' } } });
const place = (name) => join(values.out, name);
const say = (fact) => console.log(JSON.stringify(fact));
const since = (begun) => Math.round(performance.now() - begun) / 1000;
mkdirSync(place('endless'), { recursive: true });

writeFileSync(place('proteins.faa'), fasta(proteins(50_000, 0, 1).sequences));
const esm2 = at('../../packages/gpu-runtime/test/fixtures/tiny_esm2');
const answering = [
  'embed',
  '--progress',
  'json',
  place('proteins.faa'),
  '--out',
  place('answers'),
  '--model',
  esm2,
  '--workers',
  '2',
];

execFileSync(process.execPath, [at('../../apps/runner/test/fixtures/make-endless.mjs'), place('endless')]);
writeFileSync(place('endless.fa'), '>a\nACGT\n>b\nAACC\n>c\nACNT\n>d\nACCC\n');
const endless = (out) => [
  ...['embed', '--progress', 'json', place('endless.fa'), '--out', place(out), '--model', place('endless')],
  ...['--workers', '1', '--shards', '1', '--batch-tokens', '8'],
];

/** A life of the command once such an event was told. */
async function begun(args, event) {
  let tell;
  const told = new Promise((resolve) => {
    tell = resolve;
  });
  const life = new Life(args, (line) => line.event === event && tell());
  const ended = life.ended();
  await Promise.race([told, ended]);
  return { life, ended };
}

/** The same, with its worker amid the call that does not return: it uses a processor, and says nothing. */
async function stuck(out) {
  const { life, ended } = await begun(endless(out), 'resumed');
  const used = () => Number(readFileSync(`/proc/${life.pids[0]}/stat`, 'utf8').split(') ')[1].split(' ')[11]);
  const before = used();
  while (used() < before + 50) await sleep(20);
  return { life, ended };
}

async function stopped(name, { life, ended }) {
  const moment = performance.now();
  life.signal('SIGTERM');
  const { code } = await ended;
  const left = life.pids.filter(lives).length;
  say({ case: name, workers: life.pids.length, seconds: since(moment), code, left });
  return code === 143 && left === 0;
}

async function killed() {
  const { life, ended } = await stuck('killed');
  const moment = performance.now();
  life.signal('SIGKILL');
  await ended;
  const outlived = life.pids.filter(lives).length;
  while (life.pids.some(lives)) await sleep(20);
  say({ case: 'killed', workersThen: outlived, secondsUntilNone: since(moment) });
  const again = new Life([...endless('killed'), '--stall-timeout', '5', '--grace', '1']);
  const { code, seconds } = await again.ended();
  const left = again.pids.filter(lives).length;
  const quarantined = readQuarantine(place('killed')).map(({ id }) => id);
  say({ case: 'the same line again', workers: again.pids.length, seconds, code, quarantined, left });
  return code === 3 && left === 0 && `${quarantined}` === 'c';
}

const held = [
  await stopped('answers', await begun(answering, 'checkpoint')),
  await stopped('never answers', await stuck('never')),
  await killed(),
].every(Boolean);
say({ verdict: held ? 'held' : 'FAILED' });
process.exitCode = held ? 0 : 1;
