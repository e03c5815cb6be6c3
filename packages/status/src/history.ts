import { checkOptions, required, words } from '@holdfast/options';
import { layout } from '@holdfast/run-folder/glance';
import { type CommandSpan, commandsOf } from './judge/commands-of.js';
import { type Incident, logFindings } from './judge/log-findings.js';
import { readCluster } from './read/read-cluster.js';
import { readLogs } from './read/read-logs.js';
import { readManifest } from './read/read-manifest.js';
import { readStarts } from './read/read-starts.js';

/** A checkpoint that landed. */
export interface SavedRows {
  /** When it was recorded, ISO 8601. */
  at: string;
  shard: number;
  rows: number;
}

/** What happened in a run so far, over all commands that worked on it. */
export interface History {
  /** Every checkpoint that counts, in the order in which they were recorded. */
  checkpoints: SavedRows[];
  /**
   * The commands that worked on it, oldest first, as far as they are recorded. None of a run on several machines: its tasks are
   * not recorded, so a join would stand where the run began.
   */
  commands: CommandSpan[];
  /** Failures, and what was done about them, oldest first. */
  incidents: Incident[];
  /** Whether the logs are longer than what was read of them, so there may be earlier incidents. */
  at_least: boolean;
}

/**
 * What happened in the run in a folder. Takes no lock and writes nothing, as `statusOf`.
 *
 * @throws what the file system throws if the folder cannot be read; ManifestVersionError if a later version wrote it; RangeError
 * or TypeError for another path.
 */
export async function historyOf(dir: string): Promise<History> {
  checkOptions('historyOf', dir, required(words), 'dir');
  const place = layout(dir);
  const manifest = await readManifest(place.manifest);
  const cluster = await readCluster(place);
  const logs = readLogs(
    place.logs,
    cluster?.tasks.map(({ beat }) => beat.task),
  );
  return {
    checkpoints: manifest.is === 'read' ? savedIn(manifest.shards) : [],
    commands: cluster === null ? commandsOf(readStarts(place.starts), logs.events) : [],
    incidents: logFindings(logs.events, null).incidents,
    at_least: logs.cut,
  };
}

function savedIn(shards: readonly { saves: readonly { at: string; rows: number }[] }[]): SavedRows[] {
  return shards
    .flatMap(({ saves }, shard) => saves.map(({ at, rows }) => ({ at, shard, rows })))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.shard - b.shard));
}
