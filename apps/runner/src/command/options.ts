import type { DoctorOptions } from '@holdfast/preflight';
import type { InspectOptions } from '@holdfast/pt-inspect';
import type { StatusOptions } from '@holdfast/status';
import { Command } from 'commander';
import { AS_OTHER_ERRORS } from './as-other-errors.js';
import { cancelCommand } from './cancel-command.js';
import { completionCommand } from './completion/completion.js';
import { type DashboardCommand, dashboardCommand } from './dashboard-command.js';
import { type Embed, embedCommand } from './embed-command.js';
import { addExamples } from './examples.js';
import { type ExportCommand, exportCommand } from './export-command.js';
import { folder } from './folder.js';
import { type GetCommand, getCommand } from './get-command.js';
import { type ModelsCommands, modelsCommands } from './models-commands.js';
import { helpCommand, namedCommands } from './named-commands.js';
import { count, files } from './option-values.js';
import { type PlotCommand, plotCommand } from './plot-command.js';
import type { Reporting } from './progress-options.js';
import { type SearchCommand, searchCommand } from './search-command.js';
import type { Surroundings } from './settings/apply-settings.js';
import { statusCommand } from './status-command.js';
import { refuseRepeated, refuseSwallowed } from './strict-options.js';
import { type Submit, submitCommand } from './submit-command.js';
import { type TaskCommands, taskCommands } from './task-commands.js';
import { type VerifyCommand, verifyCommand } from './verify-command.js';

/** What each command does with its options. */
export interface Commands extends ModelsCommands, TaskCommands {
  embed: Embed;
  submit: Submit;
  cancel(options: { dir: string }): Promise<void>;
  status(options: StatusOptions): Promise<void>;
  inspect(options: InspectOptions): Promise<void>;
  doctor(options: DoctorOptions): Promise<void>;
  /** Tries a lock that another machine holds, or has released. @param nonce what that machine gave. */
  lockProof(out: string, nonce: string): Promise<void>;
  /** Prints the script that makes a shell complete. */
  completion(script: string): Promise<void>;
  verify(options: VerifyCommand): Promise<void>;
  export(options: ExportCommand): Promise<void>;
  get(options: GetCommand): Promise<void>;
  plot(options: PlotCommand): Promise<void>;
  search(options: SearchCommand, reporting: Reporting): Promise<void>;
  dashboard(options: DashboardCommand): Promise<void>;
}

/**
 * The command line.
 *
 * @param surroundings where settings of `embed` and `submit` are looked for, once it is parsed.
 */
export function commandLine(
  version: string,
  commands: Commands,
  surroundings: () => Surroundings = () => ({ env: process.env, folder: process.cwd() }),
): Command {
  const program = new Command('holdfast')
    .description('Embeds sequences with a model. Whatever gets killed, rerun the same command to resume.')
    .version(version)
    .exitOverride()
    .configureOutput(AS_OTHER_ERRORS)
    .showHelpAfterError('(see `holdfast help`)');
  embedCommand(program, (options, reporting) => commands.embed(options, reporting), surroundings);
  statusCommand(program, (options) => commands.status(options));
  dashboardCommand(program, (options) => commands.dashboard(options));
  submitCommand(program, (options, reporting) => commands.submit(options, reporting), surroundings);
  cancelCommand(program, (options) => commands.cancel(options));
  taskCommands(program, commands);
  exportCommand(program, (options) => commands.export(options));
  getCommand(program, (options) => commands.get(options));
  program
    .command('inspect')
    .description('Shows what PyTorch files (.pt) hold. Executes nothing in them, whoever made them.')
    .argument('<file...>', '.pt files of any PyTorch since 0.1.10', files)
    .option(
      '--json',
      'one JSON object per file, with the SHA-256 of every tensor; checks all checksums',
      false,
    )
    .option('--head <n>', 'show the first n values of every tensor and list', count, 0)
    .action(async (files: string[], { json, head }) => {
      await commands.inspect({ files, json, head });
    });
  modelsCommands(program, commands);
  searchCommand(program, (options, reporting) => commands.search(options, reporting));
  plotCommand(program, (options) => commands.plot(options));
  verifyCommand(program, (options) => commands.verify(options));
  program
    .command('doctor')
    .description(
      'Shows what this machine can run, and what prevents the rest. Writes 64 MiB into the folder and removes them.',
    )
    .option('--out <dir>', 'the output folder that a run would use', folder, '.')
    .option('--json', 'one JSON object with all findings and facts', false)
    .option(
      '--lock-proof <nonce>',
      'only answer another machine that proves the locks of the folder, such as holdfast submit',
    )
    .action(async ({ out, json, lockProof }) => {
      if (lockProof !== undefined) await commands.lockProof(out, lockProof);
      else await commands.doctor({ out, json });
    });
  completionCommand(program, (script) => commands.completion(script));
  for (const [name, command] of namedCommands(program)) {
    command.showHelpAfterError(`(see \`holdfast help ${name}\`)`);
    refuseRepeated(command);
    refuseSwallowed(command);
  }
  helpCommand(program);
  addExamples(program);
  return program;
}
