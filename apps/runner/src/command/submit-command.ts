import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SubmitOptions } from '../submit-options.js';
import { atOnce, file, whole } from './option-values.js';
import { progressOptions, type Reporting, reportingOf } from './progress-options.js';
import { diskOptions, embedOptionsOf, inputOptions, planOptions } from './run-options.js';
import { acceptSettings, type Surroundings } from './settings/apply-settings.js';
import { mayRepeat } from './strict-options.js';

/** Runs `submit`. */
export type Submit = (options: SubmitOptions, reporting: Reporting) => Promise<void>;

/** Adds `submit`. */
export function submitCommand(program: Command, submit: Submit, surroundings: () => Surroundings): void {
  const command = program.command('submit');
  const settings = acceptSettings(command, surroundings);
  command.description(
    'Plans a run and submits it to a cluster: tasks that compute its shards on any node, and a job that joins them. Rerun the same command to submit what is left.',
  );
  inputOptions(command);
  clusterOptions(command);
  planOptions(command);
  diskOptions(command);
  progressOptions(command, 'standard error')
    .option(
      '--config <file>',
      'read options from this file; else from holdfast.config.json or .yaml, if there is one',
      file,
    )
    .action(async (inputs: string[], given) => {
      const { progress, quiet, config: _, ...others } = given;
      const { engine, tasks, maxConcurrent, partition, gpusPerTask, cpusPerTask, time, ...more } = others;
      const { sbatchArg = [], dryRun = false, wait = false, ...rest } = more;
      const { image, claim, namespace, memory, ...run } = rest;
      const cluster = { tasks, maxConcurrent, partition, gpusPerTask, cpusPerTask, time };
      const kubernetes = { image, claim, namespace, memory };
      await submit(
        {
          embed: embedOptionsOf(inputs, run),
          engine,
          ...cluster,
          ...kubernetes,
          sbatchArgs: sbatchArg,
          dryRun,
          wait,
        },
        {
          ...reportingOf(command, { progress, quiet }),
          ...(settings().length > 0 && { settings: settings() }),
        },
      );
    });
}

/** Adds the options that say where and how the tasks run. */
function clusterOptions(command: Command): void {
  command
    .addOption(
      new Option('--engine <name>', 'what runs the tasks; kubernetes is only rendered, with --dry-run')
        .choices(['slurm', 'kubernetes'])
        .default('slurm'),
    )
    .option('--tasks <n>', 'tasks of the array job (default: one for four shards of each worker)', whole)
    .option('--max-concurrent <n>', 'most tasks that run at once (default: all)', whole)
    .option('--partition <name>', "partition of the jobs (default: the cluster's)", word)
    .option('--gpus-per-task <n>', 'GPUs of a task, each with a worker (default: none)', atOnce)
    .option('--cpus-per-task <n>', "CPUs of a task (default: the cluster's, usually 1)", atOnce)
    .option('--time <limit>', "time limit of a job, as sbatch takes it (default: the partition's)", word)
    .addOption(
      mayRepeat(
        new Option(
          '--sbatch-arg <option>',
          'one more option of sbatch, such as --sbatch-arg=--account=lab; may be given more than once',
        ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
      ),
    )
    .option('--image <name>', 'Kubernetes: the container image, which has holdfast on its PATH', said)
    .option(
      '--claim <name:path>',
      'Kubernetes: the PersistentVolumeClaim of the volume with the run, inputs and model, and where containers see it (default path: DIR)',
      said,
    )
    .option(
      '--namespace <name>',
      "Kubernetes: the Jobs' namespace (default: that of whoever applies them)",
      word,
    )
    .option('--memory <amount>', 'Kubernetes: memory of a task, such as 16Gi (default: no limit)', word)
    .option(
      '--threads <n>',
      'CPU threads per worker (default: its share of --cpus-per-task; fixed by the first run)',
      atOnce,
    )
    .option('--wait', 'return when the jobs have ended, with the exit code that embed would have')
    .option(
      '--dry-run',
      'plan the run, write the scripts and show them with the lines that would submit them; submit nothing',
    );
}

function said(text: string): string {
  if (/^\S+$/.test(text) && !text.startsWith('-')) return text;
  throw new InvalidArgumentError('It must be a name without spaces.');
}

function word(text: string): string {
  if (/^[\w.,:-]+$/.test(text) && !text.startsWith('-')) return text;
  throw new InvalidArgumentError('It must be letters, digits and any of . , : _ -');
}
