// Stories of a run whose processes somebody outside kills, stops and starves, until it is left alone: nothing but the poison
// may be missing then, and every other row must be the undisturbed one, byte for byte.
// usage: node outside.mjs [--stories 100] [--seed 1] [--jobs 2] [--keep]
//
// A story is made by its own seed: some proteins, with or without poison (residues that `poison_esm2` refuses), one to three
// workers, and up to six disturbances in each of up to three lives of the command: SIGKILL, SIGSTOP (continued after a while,
// or never), SIGSEGV or SIGABRT to a worker; a limit on a worker's memory that comes, and sometimes goes; SIGKILL to the command.
// One story in three has one to three proteins of 600 to 1,000 residues, and half of its lives are starved besides: a worker gets
// no more than 15 to 50 MB of memory above what it holds when it is ready, until the life ends. The long proteins are set aside
// there, and must come back once a later life has the memory for them.
// Then the same line runs undisturbed until it is complete. It holds if quarantine.tsv names exactly the poison, the rows are
// those of a run that nobody disturbed, the exit code is 0, or 3 with poison, within a few reruns, and no process is left.
//
// `--seed S --stories 1` replays the story of seed S; story N of a call has seed S + N - 1. The moments are in milliseconds
// and so depend on the machine, too: a story that failed may hold when replayed.
//
// Standard output: a line of JSON for each story that fails, and at the end one with the summary. Exit code 0 only if all held.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { lives } from './life.mjs';
import { fasta, idOf, proteins } from './proteins.mjs';
import { random } from './random.mjs';
import { readQuarantine, readResult } from './result.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../../apps/runner/bin/holdfast.js');
const MODEL = at('../../packages/gpu-runtime/test/fixtures/poison_esm2');
/** Reruns of an undisturbed line in which a story must be complete. */
const RERUNS = 4;
/** A life that takes longer than this, milliseconds, hangs. */
const LONGEST_LIFE = 120_000;

const { values } = parseArgs({
  options: {
    stories: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'boolean', default: false },
  },
});
const say = (fact) => console.log(JSON.stringify(fact));
const root = mkdtempSync(join(tmpdir(), 'outside-'));
/** Process groups of commands that run. */
const groups = new Set();
process.once('exit', () => {
  for (const pid of groups) signalTo(-pid, 'SIGKILL');
  if (!values.keep) rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function signalTo(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

const prlimit = (pid, bytes) => {
  try {
    execFileSync('prlimit', ['--pid', `${pid}`, `--data=${bytes}`], { stdio: 'ignore' });
  } catch {
    // It has ended, or there is no prlimit here.
  }
};

/** No more memory than it has now, and `bytes`. */
function starve(pid, bytes) {
  try {
    const held = /^VmData:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    // One that is dead, and not asked for yet, holds none.
    if (held !== null) prlimit(pid, Number(held[1]) * 1024 + bytes);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  }
}

/** What somebody does to a worker. */
const DEEDS = ['kill', 'kill', 'kill', 'stop', 'stop', 'segv', 'abrt', 'memory', 'memory', 'command'];

function storyOf(seed) {
  const next = random(seed);
  const below = (end) => Math.floor(next() * end);
  const count = 12 + below(25);
  const poison = next() < 0.5 ? 0 : 1 + below(3);
  const { sequences, bad } = proteins(count, poison, seed);
  const long = next() < 1 / 3 ? 1 + below(3) : 0;
  for (let i = 0; i < long; i++) {
    const ordinal = below(count);
    if (!bad.includes(ordinal)) sequences[ordinal] = sequences[ordinal].repeat(40).slice(0, 600 + below(401));
  }
  const life = () => ({
    starved: long > 0 && next() < 0.5 ? 15 + below(36) : null,
    deeds: Array.from({ length: 1 + below(6) }, () => ({
      deed: DEEDS[below(DEEDS.length)],
      // After an event of the worker, so that it meets it at work, or at any time.
      after: ['spawned', 'ready', 'assigned', 'resumed', 'isolating'][below(5)],
      delay: next() < 0.5 ? 0 : below(150),
      lasts: next() < 0.3 ? null : below(1500),
      megabytes: 60 + below(500),
    })),
  });
  return {
    seed,
    sequences,
    bad,
    lives: Array.from({ length: 1 + below(3) }, life),
    options: [
      ...['--workers', `${1 + below(3)}`],
      ...['--shards', `${1 + below(4)}`],
      ...['--batch-tokens', `${[128, 256, 512, 1024][below(4)]}`],
      ...['--seq-threshold', `${[2, 8, 1000][below(3)]}`],
      ...['--stall-timeout', '1.5', '--grace', '0.3', '--device', 'cpu', '--threads', '1'],
    ],
  };
}

/**
 * One life of the command.
 *
 * @param deeds done in order, each once its event is there.
 * @param starved megabytes that a worker may take from the moment it is ready, or null: no limit.
 */
async function live(args, { deeds, starved } = { deeds: [], starved: null }) {
  const child = spawn(process.execPath, [BIN, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  groups.add(child.pid);
  const timers = new Set();
  const workers = new Map();
  const pids = [];
  const told = [];
  const due = [...deeds];
  let ended = false;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const later = (ms, work) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!ended) work();
    }, ms);
    timers.add(timer);
  };
  const act = ({ deed, lasts, megabytes }, pid) => {
    if (deed === 'command') return signalTo(child.pid, 'SIGKILL');
    if (!lives(pid)) return;
    if (deed === 'kill') return signalTo(pid, 'SIGKILL');
    if (deed === 'segv' || deed === 'abrt') return signalTo(pid, `SIG${deed.toUpperCase()}`);
    if (deed === 'stop') {
      signalTo(pid, 'SIGSTOP');
      if (lasts !== null) later(lasts, () => lives(pid) && signalTo(pid, 'SIGCONT'));
      return;
    }
    prlimit(pid, megabytes * 1e6);
    if (lasts !== null) later(lasts, () => lives(pid) && prlimit(pid, 'unlimited'));
  };
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    if (line.event !== 'progress' && line.event !== 'indexing') told.push(line);
    if (line.event === 'spawned') {
      workers.set(line.slot, line.pid);
      pids.push(line.pid);
    }
    if (line.event === 'ready' && starved !== null && workers.has(line.slot))
      starve(workers.get(line.slot), starved * 1e6);
    const [first] = due;
    if (first?.after === line.event && workers.has(line.slot)) {
      due.shift();
      const pid = workers.get(line.slot);
      later(first.delay, () => act(first, pid));
    }
    if (line.event === 'exited') workers.delete(line.slot);
  });
  const watchdog = setTimeout(() => signalTo(-child.pid, 'SIGKILL'), LONGEST_LIFE);
  const [code, signal] = await once(child, 'close');
  ended = true;
  clearTimeout(watchdog);
  for (const timer of timers) clearTimeout(timer);
  // Workers of a command that was killed end by themselves; those that are stopped cannot.
  if (signal !== null) for (const pid of pids) if (lives(pid)) signalTo(pid, 'SIGCONT');
  groups.delete(child.pid);
  return { code, signal, told, stderr, pids };
}

/** The rows by ID, as the bytes they are. */
function rowsOf(out) {
  const { ids, shape, rows } = readResult(out);
  const [, dim] = shape;
  return new Map(
    ids.map((id, i) => [id, Buffer.from(rows.slice(i * dim, (i + 1) * dim).buffer).toString('hex')]),
  );
}

/** @returns what does not hold, or null. */
function fault({ sequences, bad }, out, code, undisturbed) {
  if (code !== (bad.length > 0 ? 3 : 0)) return `exit code ${code}`;
  const expected = bad.map((ordinal) => `${idOf(ordinal)} ${ordinal} poison_input`).join(', ');
  const path = join(out, 'quarantine.tsv');
  const listed = existsSync(path) ? readQuarantine(out) : [];
  const named = listed.map(({ id, ordinal, kind }) => `${id} ${ordinal} ${kind}`).join(', ');
  if (named !== expected) return `quarantined: ${named || 'nothing'}; wanted: ${expected || 'nothing'}`;
  const rows = rowsOf(out);
  const ids = sequences.map((_, ordinal) => idOf(ordinal)).filter((_, ordinal) => !bad.includes(ordinal));
  if ([...rows.keys()].join() !== ids.join()) return 'IDs or their order are others';
  const other = ids.find((id) => rows.get(id) !== undisturbed.get(id));
  return other === undefined ? null : `the row of ${other} is another`;
}

/** Rows are computed once a sequence, without a run: the model itself, each sequence alone. */
const { loadModel, resolveModel } = await import(at('../../packages/gpu-runtime/dist/index.js'));
const model = await loadModel(await resolveModel(MODEL));
async function undisturbedRows({ sequences, bad }) {
  const rows = new Map();
  for (const [ordinal, residues] of sequences.entries()) {
    if (bad.includes(ordinal)) continue;
    const row = await model.embed([Buffer.from(residues)]);
    rows.set(idOf(ordinal), Buffer.from(row.buffer, row.byteOffset, row.byteLength).toString('hex'));
  }
  return rows;
}

async function play(seed) {
  const story = storyOf(seed);
  const folder = join(root, `${seed}`);
  mkdirSync(folder);
  const out = join(folder, 'out');
  writeFileSync(join(folder, 'in.faa'), fasta(story.sequences));
  const args = ['embed', join(folder, 'in.faa'), '--out', out, '--model', MODEL, '--progress', 'json'];
  args.push(...story.options);
  const pids = [];
  const ends = [];
  let setAside = 0;
  for (const plan of story.lives) {
    const life = await live(args, plan);
    pids.push(...life.pids);
    ends.push(life.code ?? life.signal);
    setAside += life.told.filter(
      ({ event, kind }) => event === 'quarantined' && kind !== 'poison_input',
    ).length;
  }
  let wrong = 'it is not complete';
  let last;
  for (let rerun = 0; rerun < RERUNS && wrong !== null; rerun++) {
    last = await live(args);
    pids.push(...last.pids);
    ends.push(last.code ?? last.signal);
    if (last.code === 0 || last.code === 3) {
      wrong = fault(story, out, last.code, await undisturbedRows(story));
      // Complete, and not what it must be: no rerun may be needed for that.
      if (last.told.at(-1)?.event === 'complete') break;
    }
  }
  const left = pids.filter(lives);
  if (wrong === null && left.length > 0) wrong = `processes are left: ${left.join(', ')}`;
  for (const pid of left) signalTo(pid, 'SIGKILL');
  if (!values.keep && wrong === null) rmSync(folder, { recursive: true, force: true });
  const deeds = story.lives.map(({ starved, deeds: each }) =>
    [
      ...(starved === null ? [] : [`starved:${starved}`]),
      ...each.map(({ deed, after }) => `${deed}@${after}`),
    ].join(' '),
  );
  const facts = { poison: story.bad.length, options: story.options.join(' '), deeds, ends };
  return { seed, wrong, setAside, ...facts, stderr: last?.stderr.trim().split('\n').at(-1) };
}

const begun = performance.now();
const stories = Number(values.stories);
const first = Number(values.seed);
const sum = { held: 0, failed: 0, setAside: 0, lives: 0 };
let nth = 0;
async function job() {
  while (nth < stories) {
    const told = await play(first + nth++);
    sum.lives += told.ends.length;
    sum.setAside += told.setAside;
    if (told.wrong === null) sum.held++;
    else {
      sum.failed++;
      say({
        story: 'FAILED',
        replay: `node tooling/chaos/outside.mjs --stories 1 --seed ${told.seed}`,
        ...told,
      });
    }
  }
}
await Promise.all(Array.from({ length: Number(values.jobs) }, job));
await model.release();
const seconds = Math.round((performance.now() - begun) / 1000);
say({ verdict: sum.failed === 0 ? 'held' : 'FAILED', stories, seed: first, ...sum, seconds });
process.exitCode = sum.failed === 0 ? 0 : 1;
