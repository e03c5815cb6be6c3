// A real Slurm on this host, for tests: munged, slurmctld and three slurmd on loopback.
// usage: node cluster.mjs start DIR [--grace SEC] [--requeue-exit CODES] [--extra LINE]…   prints what to export
//        node cluster.mjs revive DIR NODE     starts a node's daemon again
//        node cluster.mjs stop DIR            ends the jobs and the daemons; keeps logs
// Needs root, and Debian's packages slurm-wlm and munge. DIR must be short: sockets lie in it.
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { gresConf, NODES, slurmConf } from './slurm-conf.mjs';

const run = promisify(execFile);
const PROGRAMS = [
  'munged',
  'slurmctld',
  'slurmd',
  'srun',
  'sbatch',
  'squeue',
  'scontrol',
  'scancel',
  'sinfo',
];
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
/** The most characters of DIR: a socket's path has at most 107. */
const LONGEST = 60;
/** How often to look, and for how long each step of a start or stop may take. */
const LOOK_MS = 100;
const LOOKS = 300;

/** Why Slurm cannot be started here, in words; null if it can. */
export function whyNoSlurm() {
  const missing = PROGRAMS.filter((name) => spawnSync('which', [name], { env: { PATH } }).status !== 0);
  if (missing.length > 0) return `${missing.join(', ')} is not installed (apt-get install slurm-wlm munge)`;
  return process.getuid?.() === 0 ? null : 'Slurm must be started by root';
}

/** The variables by which Slurm's programs find this cluster. */
export const variablesOf = (dir) => ({ SLURM_CONF: join(dir, 'slurm.conf'), PATH });

/**
 * Starts a cluster and waits until its nodes are up.
 *
 * @param {string} dir an absolute path, kept afterwards
 * @param {{ graceSec?: number, requeueExit?: string, extra?: string }} [options] see `slurmConf`
 * @returns the variables by which Slurm's programs find it
 */
export async function startCluster(dir, options = {}) {
  if (dir.length > LONGEST) throw new Error(`${dir}: more than ${LONGEST} characters, so no socket fits`);
  mkdirSync(join(dir, 'state'), { recursive: true });
  chmodSync(dir, 0o755);
  const [controllerPort, ...nodePorts] = await freePorts(1 + NODES.length);
  const [host] = hostname().split('.');
  const conf = slurmConf({ dir, host, controllerPort, nodePorts, ...options });
  writeFileSync(join(dir, 'slurm.conf'), conf);
  writeFileSync(join(dir, 'gres.conf'), `${gresConf()}\n`);
  writeFileSync(join(dir, 'cgroup.conf'), 'CgroupAutomount=no\n');
  writeFileSync(join(dir, 'munge.key'), randomBytes(128), { mode: 0o400 });
  const env = { ...process.env, ...variablesOf(dir) };
  const at = (name) => join(dir, name);
  await run(
    'munged',
    [
      '--force',
      `--key-file=${at('munge.key')}`,
      `--socket=${at('munge.socket')}`,
      `--pid-file=${at('munged.pid')}`,
      `--log-file=${at('munged.log')}`,
      `--seed-file=${at('munge.seed')}`,
    ],
    { env },
  );
  await run('slurmctld', ['-f', env.SLURM_CONF], { env });
  for (const node of NODES) await startNode(dir, node);
  await reached(() => nodesUp(env), `the nodes are not up; logs are in ${dir}`);
  return variablesOf(dir);
}

/** Starts a node's daemon, which a test may have killed. */
export async function startNode(dir, node) {
  const env = { ...process.env, ...variablesOf(dir) };
  await run('slurmd', ['-f', env.SLURM_CONF, '-N', node], { env });
}

/** The process of a node's daemon; null if it is gone. */
export const nodePid = (dir, node) => ours(dir, `slurmd.${node}.pid`);

/** Ends the jobs, the daemons, and what a killed daemon has left running. */
export async function stopCluster(dir) {
  const env = { ...process.env, ...variablesOf(dir) };
  if (ours(dir, 'slurmctld.pid') !== null) {
    const { stdout } = await run('squeue', ['-h', '-o', '%A'], { env }).catch(() => ({ stdout: '' }));
    const jobs = [...new Set(stdout.split('\n').filter(Boolean))];
    if (jobs.length > 0) await run('scancel', jobs, { env }).catch(() => undefined);
    await reached(() => noJobs(env), 'jobs do not end').catch(() => undefined);
  }
  for (const file of [...NODES.map((node) => `slurmd.${node}.pid`), 'slurmctld.pid', 'munged.pid']) {
    const pid = ours(dir, file);
    if (pid === null) continue;
    signal(pid, 'SIGTERM');
    await reached(() => ours(dir, file) === null, `${file} does not end`).catch(() => signal(pid, 'SIGKILL'));
  }
  // A job outlives its node's killed daemon, under a slurmstepd that no pid file names.
  for (const pid of left(dir)) signal(pid, 'SIGKILL');
}

/** Processes that were started with this cluster's configuration, other than this one. */
function left(dir) {
  const word = `SLURM_CONF=${join(dir, 'slurm.conf')}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => text(`/proc/${pid}/environ`).split('\0').includes(word))
    .map(Number);
}

/** A process that a pid file names, if it is alive and one of this cluster. */
function ours(dir, file) {
  const pid = Number(text(join(dir, file)).trim());
  if (!(pid > 0)) return null;
  // A dead one that nobody waits for has no command line.
  return text(`/proc/${pid}/cmdline`).includes(`${dir}/`) ? pid : null;
}

async function nodesUp(env) {
  const { stdout } = await run('sinfo', ['-h', '-N', '-p', 'low', '-o', '%t'], { env }).catch(() => ({
    stdout: '',
  }));
  return stdout.split('\n').filter((state) => /^(idle|mix|alloc|comp)$/.test(state)).length === NODES.length;
}

async function noJobs(env) {
  const { stdout } = await run('squeue', ['-h', '-o', '%i'], { env });
  return stdout === '';
}

async function reached(condition, why) {
  for (let look = 0; look < LOOKS; look++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error(why);
}

/** Ports on loopback that nobody listens on now. */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}

function text(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      grace: { type: 'string', default: '10' },
      'requeue-exit': { type: 'string', default: '75' },
      extra: { type: 'string', multiple: true, default: [] },
    },
  });
  const [what, given, node] = positionals;
  if (given === undefined || !['start', 'revive', 'stop'].includes(what))
    throw new Error('usage: node cluster.mjs start|revive|stop DIR [NODE]');
  const dir = resolve(given);
  if (what === 'revive') return startNode(dir, node);
  if (what === 'stop') return stopCluster(dir);
  const why = whyNoSlurm();
  if (why !== null) throw new Error(why);
  if (existsSync(join(dir, 'slurm.conf'))) throw new Error(`${dir}: a cluster was started here already`);
  const extra = values.extra.join('\n');
  await startCluster(dir, { graceSec: Number(values.grace), requeueExit: values['requeue-exit'], extra });
  console.log(`export SLURM_CONF=${variablesOf(dir).SLURM_CONF}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
