import type { Command } from 'commander';
import { folder } from './folder.js';

/** Adds `cancel`. */
export function cancelCommand(program: Command, cancel: (options: { dir: string }) => Promise<void>): void {
  program
    .command('cancel')
    .description('Cancels the jobs of a run that was submitted to a cluster. Finished work is kept.')
    .argument('<dir>', 'the --out (or --work) of holdfast submit', folder)
    .action(async (dir: string) => {
      await cancel({ dir });
    });
}
