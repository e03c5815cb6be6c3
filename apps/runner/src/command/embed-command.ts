import type { Command } from 'commander';
import type { EmbedOptions } from '../embed-options.js';
import { atOnce, file } from './option-values.js';
import { logOption, progressOptions, type Reporting, reportingOf } from './progress-options.js';
import { diskOptions, embedOptionsOf, inputOptions, planOptions } from './run-options.js';
import { acceptSettings, type Surroundings } from './settings/apply-settings.js';

/** Runs `embed`. */
export type Embed = (options: EmbedOptions, reporting: Reporting) => Promise<void>;

/** Adds `embed`. */
export function embedCommand(program: Command, embed: Embed, surroundings: () => Surroundings): void {
  const command = program.command('embed');
  const settings = acceptSettings(command, surroundings);
  command.description('FASTA in, embeddings out. Rerun the same command to resume a run that ended early.');
  inputOptions(command)
    .option(
      '--workers <n>',
      'worker processes (default: one per core that the memory has room for, or one per GPU)',
      atOnce,
    )
    .option(
      '--threads <n>',
      'CPU threads per worker (default: its share of the cores; fixed by the first run)',
      atOnce,
    );
  planOptions(command).option(
    '--dry-run',
    'only show what the run would do: its plan, the disk, the memory and the time that it takes; write nothing into the folder',
  );
  logOption(progressOptions(diskOptions(command), 'standard output'))
    .option(
      '--config <file>',
      'read options from this file; else from holdfast.config.json or .yaml, if there is one',
      file,
    )
    .action(async (inputs: string[], given) => {
      const { progress, quiet, log, config: _, ...options } = given;
      await embed(embedOptionsOf(inputs, options), {
        ...reportingOf(command, { progress, quiet, log }),
        ...(settings().length > 0 && { settings: settings() }),
      });
    });
}
