import type { Command } from 'commander';
import { folder } from './folder.js';

/** The options of `holdfast verify`. */
export interface VerifyCommand {
  folder: string;
  quick: boolean;
  repair: boolean;
  json: boolean;
}

export function verifyCommand(program: Command, run: (options: VerifyCommand) => Promise<void>): void {
  program
    .command('verify')
    .description(
      'Proves what a run left in its folder, finished or not, without the model and the input. A run may be at work there.',
    )
    .argument('<dir>', 'the --out of a run', folder)
    .option('--quick', 'look only at sizes, markers and small records', false)
    .option('--repair', 'move aside what is damaged, and say what the next run will do again', false)
    .option('--json', 'one JSON object', false)
    .action(async (dir: string, options: Omit<VerifyCommand, 'folder'>) => {
      await run({ folder: dir, ...options });
    });
}
