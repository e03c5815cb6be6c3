/** What a line that ended too soon leaves, and how to go on; said behind the reason. */
export interface Aftermath {
  kept: string;
  again: string;
}

/**
 * What is true of `holdfast embed`.
 *
 * @param begun whether there is a run that the line began or goes on with. Else the folder is as it was before.
 * @param forceRestart whether the line, typed again, begins anew.
 */
export function aftermath({ begun, forceRestart }: { begun: boolean; forceRestart: boolean }): Aftermath {
  if (!begun) return { kept: 'nothing was begun, ', again: 'rerun the same command to begin' };
  const line = forceRestart ? 'the command without --force-restart' : 'the same command';
  return { kept: 'what was done is kept, ', again: `rerun ${line} to resume` };
}
