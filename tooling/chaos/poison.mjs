// A run with poison sequences, amid which processes are killed and preempted: all but the poison must come out, once each.
// usage: node poison.mjs --model POISON_ESM2 --out DIR [--sequences 100000] [--poison 7] [--seed 1] [-- MORE OPTIONS OF THE COMMAND]
//
// Three runs: `clean`, of the input without the poison; `quiet`, of all of it, with no signal; `disturbed`, of all of it,
// with three SIGKILLs (two workers, and the whole process group) and two SIGTERMs (a worker, as a preemption, whose slot
// then waits a minute; and the command). Which comes when is by the seed, each in its own part of the quiet run's events;
// after whatever ends the command, it is rerun.
//
// Held only if each ended with the right exit code (3 with poison), quarantine.tsv names exactly the poison, every other
// sequence has its row under its ID in its place, within 1e-5 of the clean run's (batches differ, and so may last digits),
// no worker is left, and poison cost no more model calls than 2 k log2(sequences in the batch), summed over the batches
// with k poison sequences each (model-calls.mjs says how they are counted). In the disturbed run the calls of searches
// that a signal cut off may come on top of that.
//
// Standard output: one line of JSON a run, a signal or a life, then one with the verdict. Exit code 0 only if it held.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Life, lives } from './life.mjs';
import { ModelCalls } from './model-calls.mjs';
import { fasta, idOf, proteins } from './proteins.mjs';
import { random } from './random.mjs';
import { greatestDifference, readQuarantine, readResult } from './result.mjs';

const own = process.argv.indexOf('--', 2);
const { values } = parseArgs({
  args: process.argv.slice(2, own < 0 ? undefined : own),
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    sequences: { type: 'string', default: '100000' },
    poison: { type: 'string', default: '7' },
    seed: { type: 'string', default: '1' },
  },
});
const more = own < 0 ? [] : process.argv.slice(own + 1);
const seed = Number(values.seed);
const say = (fact) => console.log(JSON.stringify(fact));
mkdirSync(values.out, { recursive: true });
const at = (name) => join(values.out, name);
const line = (input, out) => [
  'embed',
  '--progress',
  'json',
  at(input),
  '--out',
  at(out),
  '--model',
  values.model,
  ...more,
];

/** Each with what it is sent to, and whether the command ends of it. */
const SIGNALS = [
  { signal: 'SIGKILL', to: 'worker', ends: false },
  { signal: 'SIGKILL', to: 'worker', ends: false },
  { signal: 'SIGKILL', to: 'group', ends: true },
  { signal: 'SIGTERM', to: 'worker', ends: false },
  { signal: 'SIGTERM', to: 'command', ends: true },
];

const counted = ({ event }) => event !== 'progress' && event !== 'indexing';

/** One life without a signal. */
async function quiet(input, out) {
  const calls = new ModelCalls();
  let events = 0;
  const life = new Life(line(input, out), (told) => {
    if (counted(told)) events++;
    calls.add(told);
  });
  const ended = await life.ended();
  calls.ended();
  say({ run: out, ...ended, events, ...calls.sum });
  return { ...ended, events, calls, pids: life.pids };
}

/** Sends a signal to a worker. @returns whether there was one. */
function struck(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

/** The same line again and again, until it ends by itself. @param moments when each signal is due, in events over all lives. */
async function disturbed(input, out, moments, next) {
  const due = [...moments];
  const calls = new ModelCalls();
  const pids = [];
  let events = 0;
  let number = 0;
  let ended;
  do {
    let ending = false;
    const life = new Life(line(input, out), (told) => {
      if (counted(told)) events++;
      calls.add(told);
      const [first] = due;
      if (ending || first === undefined || events < first.after) return;
      const workers = [...life.workers.values()];
      // There must be somebody to be hit.
      if (workers.length === 0) return;
      const { signal, to, ends } = first;
      if (to !== 'worker') life.signal(signal, { group: to === 'group' });
      // One that has died already, and whose exit is not told yet, is not hit: the next event is as good.
      else if (!struck(workers[Math.floor(next() * workers.length)], signal)) return;
      due.shift();
      ending = ends;
      say({ signal, to, life: number + 1, events, amid: told.event });
    });
    ended = await life.ended();
    calls.ended();
    pids.push(...life.pids);
    number++;
    say({ run: out, life: number, ...ended });
    // What lingers a second after a stop dies by the signal instead.
  } while (ended.code === 143 || ended.signal !== null);
  say({ run: out, ...calls.sum });
  return { ...ended, calls, pids, missed: due.length };
}

const { sequences, bad } = proteins(Number(values.sequences), Number(values.poison), seed);
writeFileSync(at('all.faa'), fasta(sequences));
writeFileSync(at('clean.faa'), fasta(sequences, new Set(bad)));

const clean = await quiet('clean.faa', 'clean');
const alone = await quiet('all.faa', 'quiet');
const next = random(seed);
const order = SIGNALS.map((signal) => ({ ...signal, rank: next() })).sort((a, b) => a.rank - b.rank);
const moments = order.map((signal, i) => ({
  ...signal,
  after: Math.ceil(((i + next()) / (order.length + 0.5)) * alone.events),
}));
const amid = await disturbed('all.faa', 'disturbed', moments, next);

const told = new Set(bad.map((ordinal) => `${idOf(ordinal)} ${ordinal} poison_input`));
const named = (out) => {
  const listed = readQuarantine(at(out)).map(({ id, ordinal, kind }) => `${id} ${ordinal} ${kind}`);
  return listed.length === told.size && listed.every((each) => told.has(each));
};
const expected = readResult(at('clean'));
const difference = Math.max(
  ...['quiet', 'disturbed'].map((out) => greatestDifference(expected, readResult(at(out)))),
);
const left = [clean, alone, amid].flatMap(({ pids }) => pids).filter(lives);
const cost = alone.calls.sum;
const costAmid = amid.calls.sum;
const checks = {
  exitCodes: clean.code === 0 && alone.code === 3 && amid.code === 3,
  signals: amid.missed === 0,
  quarantined: named('quiet') && named('disturbed'),
  rows: difference <= 1e-5,
  nothingLeft: left.length === 0,
  calls: cost.extra <= cost.bound && costAmid.extra <= costAmid.bound + costAmid.cutOff,
};
const held = Object.values(checks).every(Boolean);
say({
  verdict: held ? 'held' : 'FAILED',
  ...checks,
  sequences: sequences.length,
  rowsGiven: expected.ids.length,
  poison: bad.length,
  greatestDifference: difference,
  extraCalls: {
    quiet: cost.extra,
    disturbed: costAmid.extra,
    ofThoseCutOff: costAmid.cutOff,
    bound: cost.bound,
  },
});
process.exitCode = held ? 0 : 1;
