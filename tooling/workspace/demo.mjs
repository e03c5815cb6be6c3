// `npm run demo`: shows the purpose. Embeds windows of a real genome, kills the run in the middle, reruns the same command, and
// compares the result with that of an undisturbed run. Then embeds real proteins, and prints one row.
// usage: node demo.mjs [--built]    (--built: skip the set-up)
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { records, windows } from '../workload/windows.mjs';
import { root, setUp } from './setup.mjs';

const BIN = join(root, 'apps/runner/bin/holdfast.js');
const GENOME = join(root, 'apps/runner/data/lambda_virus.fa.gz');
const PROTEINS = join(root, 'tooling/workload/data/ecoli_proteins.faa.gz');

const WINDOW = 500;
/** Every window of the genome, on both strands. */
const WINDOWS = 96_006;
/** Small shares and frequent checkpoints: a run of seconds has as many of them as one of hours. */
const EMBED_WINDOWS = ['--shards', '8', '--seq-threshold', '1000'];
/** The run is killed at the first checkpoint that makes this share of the sequences safe. */
const SHARE_BEFORE_KILL = 1 / 3;

const grouped = (count) => count.toLocaleString('en-US');

/**
 * Runs the command to its end, or kills it when `due` returns true.
 * @param {string[]} args
 * @param {(line: { event: string }) => boolean} due called for each event
 * @returns the signal that ended it, its `planned` event and how long it took
 */
async function holdfast(args, due = () => false) {
  const begun = performance.now();
  // Its own process group, so one signal reaches the command and all its workers.
  const child = spawn(process.execPath, [BIN, ...args, '--progress', 'json'], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killGroup = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  process.once('exit', killGroup);
  let planned;
  let killed = false;
  createInterface({ input: child.stdout }).on('line', (text) => {
    if (killed) return;
    const line = JSON.parse(text);
    if (line.event === 'planned') planned = line;
    killed = due(line);
    if (killed) killGroup();
  });
  const [code, signal] = await once(child, 'close');
  process.removeListener('exit', killGroup);
  if (code !== 0 && !killed) throw new Error(`holdfast ended with ${signal ?? `exit code ${code}`}`);
  return { signal, planned, seconds: (performance.now() - begun) / 1000 };
}

/** Whether checkpoints hold enough of the sequences. */
function enoughSaved() {
  let saved = 0;
  return ({ event, sequences }) => {
    if (event === 'checkpoint') saved += sequences;
    return saved >= WINDOWS * SHARE_BEFORE_KILL;
  };
}

/** SHA-256 of the numbers and the IDs of a result. */
function digestOf(out) {
  const hash = createHash('sha256');
  for (const file of ['embeddings.safetensors', 'ids.txt']) hash.update(readFileSync(join(out, file)));
  return hash.digest('hex');
}

/** The first sequence of a result: its ID, and each of its numbers with the column's name. */
function firstRow(out) {
  const bytes = readFileSync(join(out, 'embeddings.safetensors'));
  const head = 8 + Number(bytes.readBigUInt64LE());
  const { embeddings, __metadata__ } = JSON.parse(bytes.toString('utf8', 8, head));
  const columns = __metadata__.columns.split(',');
  const id = readFileSync(join(out, 'ids.txt'), 'utf8').split('\n', 1)[0];
  const row = columns.map((name, i) => [name, bytes.readFloatLE(head + i * 4)]);
  return { id, row, shape: embeddings.shape };
}

/**
 * Runs the demo with the built packages.
 * @param {{ folder?: string, say?: (line: string) => void }} options where results go, and where lines go
 */
export async function demo({ folder = join(root, 'demo-out'), say = console.log } = {}) {
  const at = (name) => join(folder, name);
  const shown = (path) => (path.startsWith(root) ? relative(root, path) : path);
  const command = (args) => `  $ holdfast ${args.map(shown).join(' ')}`;
  mkdirSync(folder, { recursive: true });
  for (const name of ['windows.fa', 'killed', 'undisturbed', 'proteins'])
    rmSync(at(name), { recursive: true, force: true });
  const genome = records(readFileSync(GENOME));
  const cut = windows(genome, { length: WINDOW, stride: 1, count: WINDOWS });
  writeFileSync(at('windows.fa'), [...cut].join(''), 'latin1');
  const embed = (out) => ['embed', at('windows.fa'), '--out', at(out), ...EMBED_WINDOWS];

  say(`1. Embed ${grouped(WINDOWS)} windows of ${WINDOW} bases from the genome of phage lambda.`);
  say(command(embed('killed')));
  const first = await holdfast(embed('killed'), enoughSaved());
  if (first.signal !== 'SIGKILL') throw new Error('the run was over before it could be killed');
  say('   In the middle: SIGKILL to the whole process group, the command and all its workers.\n');

  say('2. Run the same command again.');
  const second = await holdfast(embed('killed'));
  const { sequences_done: kept, sequences: all } = second.planned;
  say(`   It kept ${grouped(kept)} of ${grouped(all)} sequences (${Math.floor((100 * kept) / all)}%),`);
  say(`   embedded the other ${grouped(all - kept)} and was done in ${second.seconds.toFixed(1)} s.\n`);

  say('3. Embed them once more, undisturbed, and compare SHA-256 (embeddings and IDs).');
  await holdfast(embed('undisturbed'));
  const digests = { killed: digestOf(at('killed')), undisturbed: digestOf(at('undisturbed')) };
  const same = digests.killed === digests.undisturbed;
  say(`   killed, resumed  ${digests.killed}`);
  say(`   undisturbed      ${digests.undisturbed}`);
  say(
    same ? '   Equal: byte for byte the same result.\n' : '   DIFFERENT: this is a bug, please report it.\n',
  );

  const embedProteins = ['embed', PROTEINS, '--model', 'aac', '--out', at('proteins')];
  say('4. Embed real proteins, of E. coli 536, by their amino acid composition.');
  say(command(embedProteins));
  await holdfast(embedProteins);
  const { id, row, shape } = firstRow(at('proteins'));
  say(`   ${shape[0]} rows of ${shape[1]} numbers. The first is ${id}:`);
  const numbers = row.map(([name, value]) => `${name} ${value.toFixed(4)}`);
  say(`   ${numbers.slice(0, 10).join('  ')}`);
  say(`   ${numbers.slice(10).join('  ')}\n`);

  say(`Results are in ${shown(folder)}/. Try next, on your own file:`);
  say('  node_modules/.bin/holdfast embed GENES.fa --out genes');
  say('  node_modules/.bin/holdfast embed PROTEINS.fa --model aac --out proteins');
  say('  node_modules/.bin/holdfast embed READS.fa.gz --translate --model aac --format npy --out reads');
  return { signal: first.signal, kept, all, digests };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!process.argv.includes('--built')) setUp();
  // Stopping the demo stops everything it started.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const { digests } = await demo();
  process.exitCode = digests.killed === digests.undisturbed ? 0 : 1;
}
