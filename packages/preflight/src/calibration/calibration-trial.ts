import {
  type EmbeddingModel,
  InferenceError,
  loadModel,
  parseDevice,
  randomSequences,
  resolveModel,
  tokensOf,
} from '@holdfast/gpu-runtime';
import type { CalibrationReport, CalibrationTrial } from './calibrate.js';
import { type Measured, nextStep } from './calibration.js';
import { memoryWatch } from './device-memory.js';

// A helper that measures larger and larger batches on a device. It prints all results after each step, so the last line also
// shows where it died.

/** Residues of the measured sequences, if the model reads that many. */
const TYPICAL = 256;
/** Calls per size: the first runs cold, and the median of the others counts. */
const CALLS = 4;
/** If a call takes longer than this many milliseconds, a second one is enough. */
const LONG = 500;

const print = (report: CalibrationReport) =>
  new Promise<void>((resolve) => {
    process.stdout.write(`\n${JSON.stringify(report)}\n`, () => resolve());
  });

async function attempt(measured: Measured[]): Promise<void> {
  const { model, overrides, proof, device, workers, limits } = JSON.parse(
    process.argv[2]!,
  ) as CalibrationTrial;
  const memory = await memoryWatch(parseDevice(device), workers);
  const source = await resolveModel(model, overrides, proof);
  const residues = Math.min(source.windows?.residues ?? source.maxResidues, TYPICAL);
  const loaded = await loadModel(source, { device: parseDevice(device) });
  for (;;) {
    const step = nextStep(measured, limits);
    if (!('measure' in step)) return;
    const tokens = step.measure;
    await print({ measured, trying: tokens, failed: null });
    const begun = performance.now();
    const each = tokensOf(source, residues);
    const batch = randomSequences(source.alphabet, Math.max(1, Math.floor(tokens / each)), residues);
    try {
      const took = await timed(loaded, batch);
      measured.push({
        tokens,
        perSecond: (batch.length * each * 1000) / took,
        seconds: (performance.now() - begun) / 1000,
        memory: await memory(),
      });
    } catch (error) {
      if (!(error instanceof InferenceError) || error.kind !== 'cuda_oom') throw error;
      // The device may be unusable for this process after this.
      measured.push({ tokens, perSecond: null, seconds: (performance.now() - begun) / 1000, memory: 1 });
    }
  }
}

/** The median milliseconds of some calls, with tokens prepared as in a worker. */
async function timed(model: EmbeddingModel, batch: readonly Uint8Array[]): Promise<number> {
  let calls = CALLS;
  const times: number[] = [];
  while (calls-- > 0) {
    // A new array of the same sequences: tokens are prepared per array.
    const next = [...batch];
    model.prepare?.(next);
    const begun = performance.now();
    await model.embed(next);
    times.push(performance.now() - begun);
    if (times[0]! > LONG) calls = Math.min(calls, 1);
  }
  const counted = times.length > 1 ? times.slice(1) : times;
  return counted.sort((a, b) => a - b)[counted.length >> 1]!;
}

const measured: Measured[] = [];
const failed = await attempt(measured).then(
  () => null,
  (error: unknown) => (error instanceof Error ? error.message : String(error)),
);
await print({ measured, trying: null, failed });
process.exit();
