/** What a command that ended too soon leaves, and how to resume; said behind the reason. */
export interface Aftermath {
  kept: string;
  again: string;
}

/**
 * What is true of `holdfast embed`.
 *
 * @param begun whether there is a run that the command began or resumed. Else the folder is as it was before.
 * @param forceRestart whether the same command would start over.
 */
export function aftermath({ begun, forceRestart }: { begun: boolean; forceRestart: boolean }): Aftermath {
  if (!begun) return { kept: 'nothing was begun, ', again: 'rerun the same command to begin' };
  const command = forceRestart ? 'the command without --force-restart' : 'the same command';
  return { kept: 'what was done is kept, ', again: `rerun ${command} to resume` };
}
