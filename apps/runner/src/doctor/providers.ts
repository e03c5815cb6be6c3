import { type ExecFileException, execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
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
  script: string = fileURLToPath(new URL('./provider-trial.js', import.meta.url)),
  timeout: number = TIME_LIMIT,
): Promise<ProviderFact> {
  const begun = performance.now();
  const options = { timeout, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT, signal } as const;
  const said = await new Promise<string | null>((resolve) => {
    execFile(process.execPath, [script, name], options, (error, stdout, stderr) => {
      const report = reported(stdout);
      if (report !== undefined) resolve(report && saidInOneLine(report, stderr));
      else resolve(ended(error, timeout, stderr));
    });
  });
  signal.throwIfAborted();
  return { name, state: said === null ? 'works' : 'fails', said, took: performance.now() - begun };
}

/** What the trial reported: null that it went well; undefined if there is no report. */
function reported(stdout: string): string | null | undefined {
  try {
    return (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { said: string | null }).said;
  } catch {
    return undefined;
  }
}

function ended(error: ExecFileException | null, timeout: number, stderr: string): string {
  if (error?.killed && error.signal === 'SIGKILL') return `no answer within ${timeout / 1000} s`;
  if (error?.signal) return `its process died of ${error.signal}`;
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return `its process ended without an answer${last && ` (${saidInOneLine(last, '')})`}`;
}
