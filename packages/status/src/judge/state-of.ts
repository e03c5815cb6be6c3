import { counted, grouped } from '@holdfast/options';
import type { Facts } from '../facts.js';
import type { ShardRecord } from '../read/read-manifest.js';
import type { ClusterStatus, State } from '../status.js';
import { clusterState } from './cluster-state.js';

interface Judged {
  state: State;
  reason: string | null;
}

type StateFacts = Pick<Facts, 'folder' | 'glance' | 'manifest' | 'workers'> & {
  cluster: ClusterStatus | null;
};

/** The state of a folder. @param alive whether a command works there. */
export function stateOf(
  { folder, glance, manifest, workers, cluster }: StateFacts,
  alive: boolean,
  shards: readonly ShardRecord[],
): Judged {
  const { run, result, restart, retry, wrongFiles } = glance;
  if (folder.is !== 'folder' || (!folder.ofRun && !alive))
    return { state: 'none', reason: whatIsThere(folder) };
  if (restart)
    return { state: 'replacing', reason: alive ? null : 'the command that was replacing it has ended' };
  if (run.is === 'damaged') return { state: 'damaged', reason: `run.json is damaged: ${run.why}` };
  if (run.is === 'missing') {
    if (alive) return { state: 'planning', reason: null };
    if (result.is !== 'missing' || manifest.is !== 'missing')
      return { state: 'damaged', reason: 'run.json is missing' };
    return { state: 'stopped', reason: 'the command ended before its run began; nothing was embedded' };
  }
  if (result.is === 'read' && result.value.run === run.value.fingerprint && wrongFiles.length === 0)
    return {
      state: 'complete',
      reason: retry && alive ? 'its quarantined sequences are being reattempted' : null,
    };
  if (alive) return { state: 'running', reason: null };
  if (manifest.is === 'damaged')
    return { state: 'damaged', reason: `checkpoints/manifest.json is damaged: ${manifest.why}` };
  if (result.is === 'damaged') return { state: 'damaged', reason: `result.json is damaged: ${result.why}` };
  if (result.is === 'read')
    return { state: 'damaged', reason: wrongFiles[0] ?? 'result.json belongs to another run' };
  if (cluster !== null) return clusterState(cluster, shards, workers === 'held');
  const failed = shards.filter(({ status }) => status === 'failed').length;
  if (failed > 0)
    return {
      state: 'failed',
      reason: `${grouped(failed)} of ${counted(shards.length, 'shard')} ${failed === 1 ? 'is' : 'are'} out of retries`,
    };
  return { state: 'stopped', reason: null };
}

/** How many names to list. */
const NAMED = 5;

function whatIsThere({ is, names, more, runs }: Facts['folder']): string {
  if (is === 'missing') return 'it does not exist';
  if (is === 'file') return 'it is a file, not a folder';
  if (runs.length > 0) return `it holds no run itself, but these folders in it do: ${listed(runs, false)}`;
  return names.length === 0 ? 'it is empty' : `it holds ${listed(names, more)}`;
}

function listed(names: readonly string[], more: boolean): string {
  const rest = names.length - NAMED;
  const others = more ? ' and many more' : rest > 0 ? ` and ${rest} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${others}`;
}
