import type { StatusOptions } from '@holdfast/status';
import type { Command } from 'commander';
import { folder } from './folder.js';

/** Adds `status`. It is also the whole command line of `status-cli.ts`, so it imports nothing large. */
export function statusCommand(program: Command, status: (options: StatusOptions) => Promise<void>): void {
  program
    .command('status')
    .description(
      'Shows the progress and the state of a run, while it runs or after. Changes nothing and takes no lock.',
    )
    .argument('<dir>', 'the output folder of a run, as for embed --out', folder)
    .option('--json', 'one JSON object', false)
    .option('--watch', 'look again every two seconds, until the run is complete', false)
    .action(async (dir: string, { json, watch }) => {
      await status({ dir, json, watch });
    });
}
