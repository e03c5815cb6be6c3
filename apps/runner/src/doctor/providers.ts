import { askProcess, scriptNamed } from '../ask-process.js';
import { helperEnd } from '../helper-end.js';
import type { Waiting } from '../patience.js';
import type { ProviderFact } from './facts.js';
import { saidInOneLine } from './said.js';

/** All that ONNX Runtime for Node offers on any platform. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;

/** Milliseconds after which a provider is given up; a GPU's first start may take many seconds. */
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
        ? tried(name, signal, undefined, undefined, (waiting) => onWaiting?.(name, waiting))
        : { name, state: 'other_platform' as const, said: null, took: 0 },
    ),
  );
}

/** @param script the trial; replaced by tests. */
export async function tried(
  name: string,
  signal: AbortSignal,
  script: string = scriptNamed('provider-trial'),
  limitMs: number = TIME_LIMIT,
  onWaiting?: (waiting: Waiting) => void,
): Promise<ProviderFact> {
  const begun = performance.now();
  const options = { limitMs, signal, ...(onWaiting && { onWaiting }) };
  const answer = await askProcess<{ said: string | null }>(script, name, options);
  const { report, stderr } = answer;
  const said = report ? report.said && saidInOneLine(report.said, stderr) : helperEnd(answer);
  return { name, state: said === null ? 'works' : 'fails', said, took: performance.now() - begun };
}
