import { DEFAULT_MODEL } from '@holdfast/gpu-runtime';
import { askProcess, exportedScript, helperEnd, inOneLine, type Waiting } from '@holdfast/process';
import type { ProviderFact } from './facts.js';

/** All that ONNX Runtime for Node offers on any platform. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;

/** What the trial of a provider prints: why it does not work, or null. */
export interface ProviderReport {
  problem: string | null;
}

/** Milliseconds without progress after which a trial is given up on; a GPU's first start may take many seconds. */
export const TIME_LIMIT = 60_000;

/** Tries each provider that the build has, in a process each, since some end theirs. */
export function tryProviders(
  built: readonly string[],
  signal: AbortSignal,
  onWaiting?: (name: string, waiting: Waiting) => void,
): Promise<ProviderFact[]> {
  return Promise.all(
    PROVIDERS.map(async (name) =>
      built.includes(name)
        ? triedTwice(name, signal, (waiting) => onWaiting?.(name, waiting))
        : { name, state: 'other_platform' as const, problem: null, took: 0 },
    ),
  );
}

/** A provider that works may still compute wrong numbers for the built-in models, which count in whole numbers. */
async function triedTwice(
  name: string,
  signal: AbortSignal,
  onWaiting: (waiting: Waiting) => void,
): Promise<ProviderFact> {
  const fact = await tryProvider(name, signal, undefined, undefined, onWaiting);
  if (fact.state !== 'works' || name === 'cpu') return fact;
  const { problem } = await tryProvider(name, signal, undefined, undefined, onWaiting, DEFAULT_MODEL);
  return problem === null ? fact : { ...fact, builtIn: problem };
}

/** What the trial of a device reports: why it cannot be used, or null. */
export interface ProviderReport {
  problem: string | null;
}

/**
 * @param script the trial; replaced by tests.
 * @param builtIn the built-in model that is to be tried.
 */
export async function tryProvider(
  name: string,
  signal: AbortSignal,
  script: string = exportedScript('@holdfast/preflight/provider-trial', import.meta.url),
  limitMs: number = TIME_LIMIT,
  onWaiting?: (waiting: Waiting) => void,
  builtIn?: string,
): Promise<ProviderFact> {
  const begun = performance.now();
  const options = { limitMs, signal, ...(onWaiting && { onWaiting }) };
  const argument = builtIn === undefined ? name : `${name} ${builtIn}`;
  const answer = await askProcess<ProviderReport>(script, argument, options);
  const { report, stderr } = answer;
  const problem = report ? report.problem && inOneLine(report.problem, stderr) : helperEnd(answer);
  return { name, state: problem === null ? 'works' : 'fails', problem, took: performance.now() - begun };
}
