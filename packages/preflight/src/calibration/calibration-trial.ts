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

// A process of its own that tries larger and larger batches on a device. After each step it writes a line of all it knows, so
// that the last one tells also where the process dies.

/** Residues of the sequences that are tried, where the model reads so many. */
const TYPICAL = 256;
/** Calls of one size: the first meets cold code, and the median of the others counts. */
const CALLS = 4;
/** Milliseconds of one call from which on a second one tells enough. */
const LONG = 500;

const print = (report: CalibrationReport) =>
  new Promise<void>((resolve) => {
    process.stdout.write(`\n${JSON.stringify(report)}\n`, () => resolve());
  });

async function attempt(measured: Measured[]): Promise<void> {
  const { model, overrides, device, workers, limits } = JSON.parse(process.argv[2]!) as CalibrationTrial;
  const memory = await memoryWatch(parseDevice(device), workers);
  const source = await resolveModel(model, overrides);
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
      // The device may be of no use to this process from now on.
      measured.push({ tokens, perSecond: null, seconds: (performance.now() - begun) / 1000, memory: 1 });
    }
  }
}

/** Milliseconds of a call whose tokens are there, as they are in a worker; the median of some. */
async function timed(model: EmbeddingModel, batch: readonly Uint8Array[]): Promise<number> {
  let calls = CALLS;
  const times: number[] = [];
  while (calls-- > 0) {
    // The same sequences under another name, so that what was prepared is theirs.
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
