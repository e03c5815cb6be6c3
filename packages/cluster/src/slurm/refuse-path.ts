import { ClusterError } from '../cluster-error.js';

/**
 * Refuses a folder that jobs could not be pointed at.
 *
 * @param path of the run.
 * @throws ClusterError for a path with a control character, or with a backslash: Slurm then expands nothing in a log's name,
 * and drops the backslash (sbatch(1), "filename pattern").
 */
export function refusePath(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  const control = /[\u0000-\u001f\u007f]/.test(path);
  if (!control && !path.includes('\\')) return;
  const what = control ? 'a line break or another control character' : 'a backslash';
  throw new ClusterError(
    `${JSON.stringify(path)}: the name has ${what}, which Slurm cannot use in the name of a log; choose another folder with --out`,
  );
}
