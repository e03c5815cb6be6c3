import type { CheckName } from './fault.js';

/** A kind of file in a run's folder. */
export interface FileKind {
  /** Matches its path within the folder, with `/`. */
  pattern: RegExp;
  /** The check that compares every byte of it; null if its bytes do not count. */
  check: CheckName | null;
  /** Its name for people. */
  name: string;
  /** Why its bytes do not count. */
  why?: string;
}

/** Every file that a run leaves. A test compares it with the folders of runs, so no new file is forgotten. */
export const FILE_KINDS: readonly FileKind[] = [
  { pattern: /^run\.json$/, check: 'run', name: 'run.json' },
  {
    pattern: /^index\/([a-z-]+\.bin|(ids|descriptions)\.txt|skipped\.tsv|summary\.json)$/,
    check: 'index',
    name: 'index/',
  },
  {
    pattern: /^checkpoints\/shard_\d+\/batch_\d+\.pt(\.done)?$/,
    check: 'checkpoints',
    name: 'checkpoints/shard_K/batch_NNNNN.pt, .pt.done',
  },
  {
    pattern: /^checkpoints\/manifest\.json(\.journal)?$/,
    check: 'manifest',
    name: 'checkpoints/manifest.json, .journal',
  },
  {
    pattern: /^(result\.json|skipped\.tsv|embeddings\.(safetensors|npy|pt))$/,
    check: 'result',
    name: 'result.json, embeddings.*, skipped.tsv',
  },
  {
    pattern: /^more_outputs\/[\w.-]+\.(safetensors|npy|pt)$/,
    check: 'outputs',
    name: 'more_outputs/',
  },
  { pattern: /^ids\.txt$/, check: 'ids', name: 'ids.txt' },
  { pattern: /^sequences\.tsv$/, check: 'sequences', name: 'sequences.tsv' },
  { pattern: /^quarantine\.tsv$/, check: 'quarantine', name: 'quarantine.tsv' },
  { pattern: /^precision\.json$/, check: 'precision', name: 'precision.json' },
  { pattern: /^\.holdfast-restart$/, check: 'restart', name: '.holdfast-restart' },
  {
    pattern: /^cluster\/(work|jobs)\.json$/,
    check: 'cluster',
    name: 'cluster/work.json, cluster/jobs.json',
  },
  { pattern: /^\.holdfast$/, check: null, name: '.holdfast', why: 'a line for people; only its name counts' },
  { pattern: /^\.holdfast-retry$/, check: null, name: '.holdfast-retry', why: 'empty; only its name counts' },
  {
    pattern: /^\.holdfast-starts$/,
    check: null,
    name: '.holdfast-starts',
    why: 'when the run was started; a run checks its sum, and result.json has what counts of it',
  },
  {
    pattern: /^\.holdfast-heartbeat$/,
    check: null,
    name: '.holdfast-heartbeat',
    why: 'what the run is at, for `holdfast status`',
  },
  {
    pattern: /^cluster\/tasks\/[\w.-]+\.json$/,
    check: null,
    name: 'cluster/tasks/',
    why: 'what each task is at; tasks see by its age whether another is alive',
  },
  {
    pattern: /^cluster\/[\w.-]+\.(sh|ya?ml)$/,
    check: null,
    name: 'cluster/*.sh, cluster/*.yaml',
    why: 'what was submitted; only people read it again',
  },
  {
    pattern: /^cluster\/\.lock-proof$/,
    check: null,
    name: 'cluster/.lock-proof',
    why: 'on which the locks of the file system were tried',
  },
  {
    pattern: /^(\.lock|\.workers\.lock|checkpoints\/manifest\.json\.(lock|claims))$/,
    check: null,
    name: '.lock, .workers.lock, checkpoints/manifest.json.lock, .claims',
    why: 'who held a lock last; the kernel keeps the locks',
  },
  {
    pattern: /^logs\/(([a-z_0-9]+|task_[\w.-]+\/(coordinator|worker_\d+))\.log|slurm-[\w.-]+\.(out|err))$/,
    check: null,
    name: 'logs/',
    why: 'for people; nothing reads them back',
  },
  {
    pattern: /(^|\/)[^/]+\.tmp(\/.*)?$/,
    check: null,
    name: '*.tmp, index.tmp/',
    why: 'unfinished; the next run removes it',
  },
  {
    pattern: /(^|\/)[^/]+\.corrupt(\.\d+|-\d+)?(\.done|\/.*)?$/,
    check: null,
    name: '*.corrupt',
    why: 'damaged, and set aside',
  },
];

/** The kind of a file in a run's folder; null if no run leaves such a file. @param path within the folder, with `/`. */
export const kindOf = (path: string): FileKind | null =>
  FILE_KINDS.find(({ pattern }) => pattern.test(path)) ?? null;
