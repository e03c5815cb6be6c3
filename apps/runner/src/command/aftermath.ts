/** What an interrupted command leaves behind, and how to resume. It follows the reason in the message. */
export interface Aftermath {
  kept: string;
  again: string;
}

/**
 * The aftermath of `holdfast embed`.
 *
 * @param begun whether the command began or resumed a run. If not, the folder is as it was before.
 * @param forceRestart whether the same command would start over.
 */
export function aftermath({ begun, forceRestart }: { begun: boolean; forceRestart: boolean }): Aftermath {
  if (!begun) return { kept: 'nothing was started, ', again: 'rerun the same command to start' };
  const command = forceRestart ? 'the command without --force-restart' : 'the same command';
  return { kept: 'finished work is kept, ', again: `rerun ${command} to resume` };
}
