/**
 * The job's id in what `sbatch --parsable` printed: `ID`, or `ID;CLUSTER`. Plugins of a site may print lines before it.
 *
 * @returns null if there is none.
 */
export function parseSubmitted(stdout: string): string | null {
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return /^(\d+)(;.*)?$/.exec(last.trim())?.[1] ?? null;
}

/** Why sbatch or another program of Slurm refused, as one line: its last words without `sbatch: error:`. */
export function refusalOf(stderr: string): string {
  const lines = stderr
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/^(sbatch|scancel|squeue|scontrol|slurm_[\w]+)( error)?: /, '')
        .replace(/^error: /, ''),
    )
    .filter((line) => line !== '' && !line.startsWith('Command failed:'));
  return lines.slice(-2).join('; ') || 'it gave no reason';
}
