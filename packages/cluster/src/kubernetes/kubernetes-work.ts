import { array, atLeast, checkOptions, object, required, value, whole, words } from '@holdfast/options';
import { type ClaimMount, isBelow } from './claim-mount.js';

/** What a run's Kubernetes objects are made of. */
export interface KubernetesWork {
  /** The Job's name: lower-case letters, digits and `-`, at most 46 characters. Pods add an index to it. */
  name: string;
  /** The run folder's absolute path, which is the same in the containers. */
  folder: string;
  /** Number of tasks, at most 100,000, which is what Kubernetes allows. */
  tasks: number;
  /** Most tasks at a time. Default: all. */
  maxConcurrent?: number;
  /** The container image, which has `holdfast` on its PATH. */
  image: string;
  /** The claim of the volume that holds the run folder and all that tasks read. */
  volume: ClaimMount;
  /** Other absolute paths that tasks read: inputs, and the model's folder. They must lie on the volume. */
  reads?: readonly string[];
  /** Default: the namespace of whoever applies the file. */
  namespace?: string;
  /** CPUs a task, as Kubernetes counts them. */
  cpus: number;
  /** Memory a task, such as `16Gi`. Default: no limit. */
  memory?: string;
  /** NVIDIA GPUs a task. Default: 0. */
  gpus?: number;
  /** Seconds that a task's workers get to save and exit. */
  graceSec: number;
}

/** A DNS label with room for `-join`, a pod's index, and what Kubernetes adds to a pod's name. */
const label = (most: number) =>
  value(
    `lower-case letters, digits and "-", with a letter or digit at both ends, at most ${most} characters`,
    (given) =>
      typeof given === 'string' && given.length <= most && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(given),
  );

/** The name of a PersistentVolumeClaim may have dots. */
const subdomain = value('a name of Kubernetes: lower-case letters, digits, "-" and "."', (given) => {
  if (typeof given !== 'string' || given.length > 253) return false;
  return given.split('.').every((part) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(part));
});

const absolute = value('an absolute path', (given) => typeof given === 'string' && given.startsWith('/'));
const quantity = value(
  'an amount of memory as Kubernetes writes it, such as 16Gi',
  (given) => typeof given === 'string' && /^[1-9]\d*(\.\d+)?(Ki|Mi|Gi|Ti|Pi|k|M|G|T|P)?$/.test(given),
);

const shape = object<KubernetesWork>({
  name: required(label(46)),
  folder: required(absolute),
  tasks: required(whole(1, 100_000)),
  maxConcurrent: whole(1, 100_000),
  image: required(words),
  volume: required(object<ClaimMount>({ claim: required(subdomain), path: required(absolute) })),
  reads: array(absolute, 'absolute paths'),
  namespace: label(63),
  cpus: required(atLeast(0.001, 'CPUs')),
  memory: quantity,
  gpus: whole(0),
  graceSec: required(whole(0)),
});

/**
 * Checks what a run's Kubernetes objects are made of, and returns it.
 *
 * @throws RangeError and TypeError (`code` is `invalid_option`); RangeError if the run folder, or something that tasks read, is not
 * on the volume.
 */
export function kubernetesWork(work: KubernetesWork): KubernetesWork {
  checkOptions('renderKubernetes', work, shape);
  const { claim, path } = work.volume;
  for (const each of [work.folder, ...(work.reads ?? [])])
    if (!isBelow(path, each))
      throw new RangeError(
        `${each} is not on the volume of the claim ${claim}, which tasks see at ${path}: put it there, or name another path with --claim ${claim}:PATH`,
      );
  return work;
}
