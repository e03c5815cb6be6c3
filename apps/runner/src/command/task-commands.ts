import type { Command } from 'commander';
import { folder } from './folder.js';
import { logOption, progressOptions, type Reporting, reportingOf } from './progress-options.js';

/** A command on the folder of a run that several machines work on. */
export type OnRun = (dir: string, reporting: Reporting) => Promise<void>;

export interface TaskCommands {
  work: OnRun;
  join: OnRun;
}

/** Adds `work` and `join`, which an engine starts on the machines of a cluster. */
export function taskCommands(program: Command, commands: TaskCommands): void {
  onRun(
    program
      .command('work')
      .description(
        'One task of a run that was planned with submit: embeds shards until none is left that no other task is at. Start it any number of times, on any machines that share the folder.',
      ),
    (dir, reporting) => commands.work(dir, reporting),
  );
  onRun(
    program
      .command('join')
      .description('Joins what the tasks of a run have computed to its result. Computes no shard itself.'),
    (dir, reporting) => commands.join(dir, reporting),
  );
}

function onRun(command: Command, run: OnRun): void {
  logOption(
    progressOptions(command.argument('<dir>', 'the folder of the run', folder), 'standard output'),
  ).action(async (dir: string, given) => {
    await run(dir, reportingOf(command, given));
  });
}
