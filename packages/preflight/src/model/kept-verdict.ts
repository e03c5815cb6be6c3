import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { type Device, formatDevice } from '@holdfast/gpu-runtime';
import { KeptRecords } from '@holdfast/options';

/** Raised whenever trials demand more than before. */
const TRIAL = 1;
/** What NVIDIA's driver tells of itself, without starting it. */
const NVIDIA = '/proc/driver/nvidia';

/** What a trial's outcome depends on, besides the model. */
export interface TrialPlace {
  device: string;
  /** The processor or the GPUs. */
  hardware: unknown;
  versions: Record<'holdfast' | 'node' | 'onnxruntime', string>;
  platform: string;
}

/**
 * The place of a trial on a device of this machine. Null: the hardware is not known, so no verdict holds for it later.
 *
 * @param driver folder; replaced by tests.
 */
export async function trialPlace(device: Device, driver: string = NVIDIA): Promise<TrialPlace | null> {
  const hardware =
    device.kind === 'cpu' ? cpus()[0]?.model : device.kind === 'cuda' ? await gpus(driver) : undefined;
  if (hardware === undefined) return null;
  return {
    device: formatDevice(device),
    hardware,
    versions: versionsHere(),
    platform: `${process.platform} ${process.arch}`,
  };
}

/** The versions of what computes rows in this process: `holdfast` is that of its runtime. */
export function versionsHere(): { holdfast: string; node: string; onnxruntime: string } {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string) => (require(`${name}/package.json`) as { version: string }).version;
  const ofRuntime = createRequire(require.resolve('@holdfast/gpu-runtime/package.json'));
  return {
    holdfast: versionOf('@holdfast/gpu-runtime'),
    node: process.version,
    onnxruntime: (ofRuntime('onnxruntime-node/package.json') as { version: string }).version,
  };
}

/** The driver and its GPUs; a number means another one if not all are visible. */
async function gpus(driver: string): Promise<unknown> {
  try {
    const each = join(driver, 'gpus');
    const models = (await readdir(each))
      .sort()
      .map(
        async (gpu) => /^Model:\s*(.+)$/m.exec(await readFile(join(each, gpu, 'information'), 'utf8'))![1],
      );
    const version = await readFile(join(driver, 'version'), 'utf8');
    return { version, models: await Promise.all(models), visible: process.env['CUDA_VISIBLE_DEVICES'] };
  } catch {
    return undefined;
  }
}

/** Models that passed their trial, in the cache. Refusals are not kept: they may have been the machine's fault. */
export class KeptVerdicts {
  readonly #records: KeptRecords;

  /** @param folder of the cache; replaced by tests. */
  constructor(folder?: string) {
    this.#records = new KeptRecords('trials', folder);
  }

  /** When a model passed its trial at a place, in ISO 8601; null if it has not. */
  async passedAt(fingerprint: string, place: TrialPlace): Promise<string | null> {
    const { passed } = ((await this.#records.read(keyOf(fingerprint, place))) ?? {}) as { passed?: unknown };
    return typeof passed === 'string' && !Number.isNaN(Date.parse(passed)) ? passed : null;
  }

  /** A model has passed its trial. */
  async keep(fingerprint: string, place: TrialPlace, now: Date = new Date()): Promise<void> {
    await this.#records.keep(keyOf(fingerprint, place), { passed: now.toISOString() });
  }
}

const keyOf = (fingerprint: string, place: TrialPlace) => [TRIAL, fingerprint, place];
