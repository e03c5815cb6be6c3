import { tryProvider } from '@holdfast/gpu-runtime';

// A process of its own for one execution provider; the last line on standard output is its report.
const said = await tryProvider(process.argv[2] ?? '').then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
process.stdout.write(`\n${JSON.stringify({ said })}\n`, () => process.exit());
