import { parseDevice, tryDevice } from '@holdfast/gpu-runtime';
import type { ProviderReport } from '../machine/providers.js';

// A helper that tests one device, and perhaps one built-in model on it. The last line on standard output is its report.
async function attempt(): Promise<void> {
  const [device = '', builtIn] = (process.argv[2] ?? '').split(' ');
  await tryDevice(parseDevice(device), builtIn);
}
const problem = await attempt().then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
const report: ProviderReport = { problem };
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit());
