import { parseDevice, tryDevice } from '@holdfast/gpu-runtime';

// A process of its own for one device; the last line on standard output is its report.
async function attempt(): Promise<void> {
  await tryDevice(parseDevice(process.argv[2] ?? ''));
}
const said = await attempt().then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
process.stdout.write(`\n${JSON.stringify({ said })}\n`, () => process.exit());
