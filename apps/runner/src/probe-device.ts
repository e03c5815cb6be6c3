import { DEFAULT_MODEL, DeviceError, loadModel, parseDevice, resolveModel } from '@holdfast/gpu-runtime';

// Tries a device: exit code 0 when a small model computes on it, else 1 and the reason in a line on standard output.
try {
  const device = parseDevice(process.argv[2] ?? '');
  const model = await loadModel(await resolveModel(DEFAULT_MODEL), { device });
  await model.embed([Buffer.from('ACGTACGT')]);
} catch (error) {
  const reason = error instanceof DeviceError ? error.cause : error;
  process.stdout.write(`${(reason instanceof Error ? reason.message : String(reason)).split('\n', 1)[0]}\n`);
  process.exitCode = 1;
}
