import { checkOptions } from '@holdfast/options';
import { isIndex, isPath, isText } from './argument-checks.js';

/**
 * The file name of a shard's checkpoint: `batch_00000.pt` for number 0 (the seed's name).
 *
 * @throws RangeError for an invalid number (`code` is `invalid_option`).
 */
export function checkpointName(index: number): string {
  if (!Number.isSafeInteger(index) || index < 0) checkOptions('checkpointName', index, isIndex, 'index');
  return `batch_${String(index).padStart(5, '0')}.pt`;
}

/**
 * The checkpoint number in a file name, or null if it is not a checkpoint's name.
 *
 * @throws TypeError for anything but a string (`code` is `invalid_option`).
 */
export function checkpointIndex(name: string): number | null {
  if (typeof name !== 'string') checkOptions('checkpointIndex', name, isText, 'name');
  const index = Number(/^batch_(\d{5,})\.pt$/.exec(name)?.[1] ?? Number.NaN);
  // One name per number: batch_000002.pt is not valid.
  return Number.isSafeInteger(index) && checkpointName(index) === name ? index : null;
}

/** The checkpoint number of a writer's temporary file, or null if it is not one. */
export function temporaryIndex(name: string): number | null {
  const match = /^(batch_\d+\.pt)(\.done)?(\.[0-9a-f]{12})?\.tmp$/.exec(name);
  return match ? checkpointIndex(match[1]!) : null;
}

/**
 * The path of a checkpoint's marker.
 *
 * @throws RangeError and TypeError for an invalid path (`code` is `invalid_option`).
 */
export function markerPath(path: string): string {
  checkOptions('markerPath', path, isPath, 'path');
  return `${path}.done`;
}

/** The folder through which the owner of a claim to a shard writes; it lies in the shard's folder. */
const CLAIM = /^claim_(\d+)_([0-9a-f]+)\.tmp$/;

/** A claim's number, and hexadecimal digits of the manifest's ID. */
export interface ClaimFolder {
  attempt: number;
  manifest: string;
}

/** The name of a claim's folder; like any `.tmp` it never counts as a run's result. */
export const claimFolderName = ({ attempt, manifest }: ClaimFolder): string =>
  `claim_${attempt}_${manifest}.tmp`;

/** The claim whose folder has this name, or null if it is not such a name. */
export function claimOfFolder(name: string): ClaimFolder | null {
  const [, attempt, manifest] = CLAIM.exec(name) ?? [];
  return attempt === undefined || manifest === undefined ? null : { attempt: Number(attempt), manifest };
}
