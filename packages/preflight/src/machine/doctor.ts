import { availableParallelism, freemem, totalmem } from 'node:os';
import { onnxRuntime } from '@holdfast/gpu-runtime';
import { waitingEvent } from '@holdfast/process';
import { cgroupLimits } from './cgroup.js';
import { findCuda, findGpus } from './cuda.js';
import type { Facts } from './facts.js';
import { probeFolder } from './folder.js';
import { judge, possible } from './judge.js';
import { tryProviders } from './providers.js';
import { reportLines } from './report.js';

/** The options of `holdfast doctor`. */
export interface DoctorOptions {
  /** The output folder that a run would use. */
  out: string;
  /** One JSON object instead of lines. */
  json: boolean;
}

/**
 * Shows what this machine can run, and what prevents the rest. It removes the files it writes.
 *
 * @param wait called when a trial takes long.
 * @returns whether embedding on the CPU into the folder is possible. @throws the signal's reason.
 */
export async function doctor(
  { out, json }: DoctorOptions,
  write: (text: string) => void,
  signal: AbortSignal,
  wait: (text: string) => void = () => undefined,
): Promise<boolean> {
  const facts = await examine(out, signal, wait);
  const findings = judge(facts);
  const ok = possible(findings);
  write(`${json ? JSON.stringify({ ok, findings, facts }) : reportLines(findings, out).join('\n')}\n`);
  return ok;
}

async function examine(out: string, signal: AbortSignal, wait: (text: string) => void): Promise<Facts> {
  const runtime = onnxRuntime();
  // First, and with nothing else running, since it is timed.
  const folder = await probeFolder(out, signal);
  const [providers, cuda, gpus, limits] = await Promise.all([
    tryProviders(runtime.providers, signal, (name, waiting) =>
      wait(waitingEvent(`the trial of ${name}`, waiting).reason),
    ),
    findCuda(runtime),
    findGpus(signal),
    cgroupLimits(),
  ]);
  return {
    node: { version: process.versions.node, platform: process.platform, arch: process.arch },
    onnxRuntime: runtime,
    providers,
    cuda,
    gpus,
    cores: { usable: availableParallelism(), quota: limits.cpus },
    memory: { total: totalmem(), available: freemem(), limit: limits.memory },
    folder,
  };
}
