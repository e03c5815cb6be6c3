import { counted } from '@holdfast/options';
import type { Facts } from '../facts.js';

/** What could not be read, and so is missing in a status. */
export function notesOf({ heartbeatFault, manifest, logs, glance, cluster }: Facts): string[] {
  const notes: string[] = [];
  if (heartbeatFault !== null)
    notes.push(
      `.holdfast-heartbeat could not be read (${heartbeatFault}), so the speed and unsaved rows are unknown`,
    );
  if (manifest.is === 'unsettled')
    notes.push('checkpoints/manifest.json changed while it was read; look again in a moment');
  if (manifest.is === 'damaged') notes.push(`checkpoints/manifest.json is damaged: ${manifest.why}`);
  if (logs.unreadable > 0)
    notes.push(
      `${counted(logs.unreadable, 'damaged line')} in the logs ${logs.unreadable === 1 ? 'was' : 'were'} skipped`,
    );
  if (glance.run.is === 'read' && glance.plan === null)
    notes.push(
      'index/summary.json is missing, damaged or of another run, so the number of sequences is unknown',
    );
  if (cluster?.fault)
    notes.push(
      `cluster/work.json is damaged (${cluster.fault}); type the line with holdfast submit again to write it anew`,
    );
  if (cluster !== null && cluster.unreadable > 0)
    notes.push(
      `${counted(cluster.unreadable, 'file')} in cluster/tasks could not be read, so ${cluster.unreadable === 1 ? 'that task is' : 'those tasks are'} not shown`,
    );
  return notes;
}
