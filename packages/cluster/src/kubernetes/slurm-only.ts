/** Options of `holdfast submit` that mean nothing to Kubernetes, and what to do instead. */
export const SLURM_ONLY: Readonly<Record<string, string>> = {
  '--partition': 'add a nodeSelector to the file',
  '--time': 'add activeDeadlineSeconds to the file',
  '--sbatch-arg': 'edit the file',
  '--wait': 'use `kubectl wait`, as the file says',
};

/** Why the first of these options is refused with `--engine kubernetes`; null if none is. */
export function slurmOnly(given: readonly string[]): string | null {
  const option = given.find((name) => Object.hasOwn(SLURM_ONLY, name));
  return option === undefined
    ? null
    : `${option} is an option of Slurm, and says nothing to Kubernetes; ${SLURM_ONLY[option]}`;
}
