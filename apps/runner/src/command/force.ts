import { UsageError } from '../errors.js';

/** What `--force` does, for each command that writes a file. */
export const FORCE = 'replace what is there, if it is something else';

/** @throws UsageError for `--force` without the option that names a file: there is nothing to replace. */
export function refuseIdleForce(force: boolean, file: string | undefined, option: string): void {
  if (force && file === undefined)
    throw new UsageError(`--force is for the file of ${option}; leave it out, or add ${option}`);
}
