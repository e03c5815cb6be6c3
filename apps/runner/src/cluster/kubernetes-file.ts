import { resolve } from 'node:path';
import { jobName, parseClaim, renderKubernetes, slurmOnly, taskCount } from '@holdfast/cluster';
import { mayBeThere } from '@holdfast/durable';
import { limitsOf } from '../embed-options.js';
import { UsageError } from '../errors.js';
import type { SubmitOptions } from '../submit-options.js';
import { taskShape } from './task-shape.js';

/** A run that is planned. */
export interface PlannedFile {
  /** Its folder, as an absolute path. */
  dir: string;
  fingerprint: string;
  /** Shards that are left. */
  left: number;
}

/** Before the plan, which may take long: @throws UsageError for options that do not fit the engine. */
export function checkEngine(options: SubmitOptions): void {
  const { engine, image, claim, namespace, memory } = options;
  if (engine === 'slurm') {
    const [alien] =
      Object.entries({ image, claim, namespace, memory }).find(([, value]) => value !== undefined) ?? [];
    if (alien === undefined) return;
    throw new UsageError(`--${alien} is an option of Kubernetes; add --engine kubernetes --dry-run`);
  }
  const refusal = slurmOnly(slurmOptions(options));
  if (refusal !== null) throw new UsageError(refusal);
  if (!options.dryRun) throw new UsageError('--engine kubernetes only renders what to apply; add --dry-run');
  if (image === undefined)
    throw new UsageError(
      '--engine kubernetes needs --image: the container image that has holdfast on its PATH',
    );
  if (claim === undefined)
    throw new UsageError(
      '--engine kubernetes needs --claim: the PersistentVolumeClaim of the volume that holds the run, as NAME:PATH',
    );
  const dir = resolve(options.embed.work ?? options.embed.out);
  rendered(options, { dir, fingerprint: '', left: 1 });
}

/** The text of the file for `kubectl apply`. @throws UsageError for what cannot be rendered. */
export const kubernetesFile = (options: SubmitOptions, planned: PlannedFile): string =>
  rendered(options, planned);

function rendered(options: SubmitOptions, { dir, fingerprint, left }: PlannedFile): string {
  const { image = '', claim = '', namespace, memory, maxConcurrent, gpusPerTask, embed } = options;
  const { slots } = taskShape(options);
  try {
    return renderKubernetes({
      name: jobName('array', { dir, fingerprint }),
      folder: dir,
      tasks: taskCount(Math.max(1, left), { slots, tasks: options.tasks }),
      image,
      volume: parseClaim(claim, dir),
      reads: readBy(options),
      cpus: options.cpusPerTask ?? slots,
      graceSec: Math.ceil(limitsOf(embed).graceMs / 1000),
      ...(maxConcurrent !== undefined && { maxConcurrent }),
      ...(namespace !== undefined && { namespace }),
      ...(memory !== undefined && { memory }),
      ...(gpusPerTask !== undefined && { gpus: gpusPerTask }),
    });
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError)
      throw new UsageError(cause.message, { cause });
    throw cause;
  }
}

/** What containers read beside the run: the inputs, a model's folder, and the folder that paths are relative to. */
function readBy({ embed: { inputs, model } }: SubmitOptions): string[] {
  const folder = resolve(model);
  const local = /[/\\]/.test(model) && mayBeThere(folder);
  return [process.cwd(), ...inputs.map((input) => resolve(input)), ...(local ? [folder] : [])];
}

/** The options of Slurm that were given, by their names on the command line. */
const slurmOptions = ({ partition, time, sbatchArgs, wait }: SubmitOptions): string[] => [
  ...(partition === undefined ? [] : ['--partition']),
  ...(time === undefined ? [] : ['--time']),
  ...(sbatchArgs.length === 0 ? [] : ['--sbatch-arg']),
  ...(wait ? ['--wait'] : []),
];
