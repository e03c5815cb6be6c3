import type { ExecFileException } from 'node:child_process';
import { askProcess, scriptNamed } from '../ask-process.js';
import type { ProviderFact } from './facts.js';
import { saidInOneLine } from './said.js';

/** All that ONNX Runtime for Node offers on any platform. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;

/** Milliseconds after which a provider is given up; a GPU's first start may take many seconds. */
const TIME_LIMIT = 60_000;

const MOST_OUTPUT = 1 << 20;

/** Tries each provider that the build has, in a process each, since some end theirs. */
export function tryProviders(built: readonly string[], signal: AbortSignal): Promise<ProviderFact[]> {
  return Promise.all(
    PROVIDERS.map(async (name) =>
      built.includes(name)
        ? tried(name, signal)
        : { name, state: 'other_platform' as const, said: null, took: 0 },
    ),
  );
}

/** @param script the trial; replaced by tests. */
export async function tried(
  name: string,
  signal: AbortSignal,
  script: string = scriptNamed('provider-trial'),
  timeout: number = TIME_LIMIT,
): Promise<ProviderFact> {
  const begun = performance.now();
  const options = { timeout, maxBuffer: MOST_OUTPUT, signal };
  const { report, error, stderr } = await askProcess<{ said: string | null }>(script, name, options);
  const said = report ? report.said && saidInOneLine(report.said, stderr) : ended(error, timeout, stderr);
  return { name, state: said === null ? 'works' : 'fails', said, took: performance.now() - begun };
}

function ended(error: ExecFileException | null, timeout: number, stderr: string): string {
  if (error?.killed && error.signal === 'SIGKILL') return `no answer within ${timeout / 1000} s`;
  if (error?.signal) return `its process died of ${error.signal}`;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return `its process ended without an answer${last && ` (${saidInOneLine(last, '')})`}`;
}
