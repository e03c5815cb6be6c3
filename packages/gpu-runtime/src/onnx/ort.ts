import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type * as OnnxRuntimeNode from 'onnxruntime-node';

// The only place that loads onnxruntime-node, which sends telemetry unless this variable is set before its
// library is loaded. Hence `require` after the assignment: an `import` would be hoisted above it.
const SWITCH = 'ORT_DISABLE_TELEMETRY';
process.env[SWITCH] = '1';
// A worker thread changes only its copy of the environment, which the library does not read.
if (!isMainThread && !/^(1|true)$/i.test(realEnvironment()[SWITCH] ?? '')) {
  throw new Error(
    `onnxruntime-node would send telemetry from this thread, because ${SWITCH} is not set in the process's environment. Import @holdfast/gpu-runtime in the main thread first, or start the process with ${SWITCH}=1`,
  );
}

/** onnxruntime-node, with its telemetry off. */
export const ort = createRequire(import.meta.url)('onnxruntime-node') as typeof OnnxRuntimeNode;

/** The environment as native code sees it. */
function realEnvironment(): Record<string, string | undefined> {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork?: boolean };
  const before = report.excludeNetwork;
  // Without it, the report looks up host names.
  report.excludeNetwork = true;
  try {
    const { environmentVariables } = report.getReport() as { environmentVariables?: Record<string, string> };
    return environmentVariables ?? {};
  } finally {
    report.excludeNetwork = before ?? false;
  }
}
