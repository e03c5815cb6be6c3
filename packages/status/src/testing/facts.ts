import type { Glance, SeenResult, SeenRun } from '@holdfast/run-folder/glance';
import type { Facts } from '../facts.js';
import type { Heartbeat } from '../heartbeat.js';
import type { ShardRecord } from '../read/read-manifest.js';

// Facts for tests: a run of 100 sequences in two shards, in the folder `out` of the machine `here`.

export const NOW = Date.parse('2026-11-28T12:00:00Z');
export const HOST = 'here';
export const RUN = 'a'.repeat(64);

export const run = (other: Partial<SeenRun> = {}): Glance['run'] => ({
  is: 'read',
  value: { fingerprint: RUN, inputs: [{ path: 'in.fa' }], model: { name: 'tnf' }, shards: 2, ...other },
});

export const result = (other: Partial<SeenResult> = {}): Glance['result'] => ({
  is: 'read',
  value: {
    run: RUN,
    sequences: 100,
    quarantined: 0,
    dim: 136,
    files: [
      { file: 'embeddings.safetensors', bytes: 1 },
      { file: 'ids.txt', bytes: 1 },
    ],
    warnings: [],
    ...other,
  },
});

export const record = (other: Partial<ShardRecord>): ShardRecord => ({
  status: 'in_progress',
  rows: 0,
  checkpoints: 0,
  saves: [],
  saved: null,
  error: null,
  failures: {},
  ...other,
});

/** A heartbeat of process 77, two seconds ago. */
export const aBeat = (other: Partial<Heartbeat> = {}): Heartbeat => ({
  format: 1,
  run: RUN,
  host: HOST,
  pid: 77,
  started: new Date(NOW - 60_000).toISOString(),
  at: new Date(NOW - 2000).toISOString(),
  phase: 'embedding',
  doing: null,
  input: null,
  sequences_done: null,
  sequences_total: null,
  tokens_per_second: 12.5,
  seconds_left: 90,
  workers: [],
  shards: null,
  ended: null,
  ...other,
});

/** Facts, with those that are given instead; the parts of a glance among them. */
export function facts(given: Partial<Facts> & Partial<Glance> = {}): Facts {
  const { run: asked, plan, result: there, wrongFiles, restart, retry, quarantine, ...others } = given;
  return {
    dir: 'out',
    now: NOW,
    host: HOST,
    folder: { is: 'folder', ofRun: true, names: [], more: false, runs: [] },
    lock: { state: 'free', holder: `process 77 on ${HOST}`, since: NOW - 60_000 },
    workers: 'free',
    local: true,
    holderLives: null,
    heartbeat: null,
    heartbeatFault: null,
    glance: {
      run: asked ?? run(),
      plan: plan ?? { sequences: 100, copies: 0, residues: 1000, batches: 10 },
      result: there ?? { is: 'missing' },
      wrongFiles: wrongFiles ?? [],
      restart: restart ?? false,
      retry: retry ?? false,
      quarantine: quarantine ?? [],
    },
    manifest: { is: 'missing' },
    cluster: null,
    logs: { events: [], cut: false, unreadable: 0, written: null },
    ...others,
  };
}
