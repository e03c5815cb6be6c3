import { readFile } from 'node:fs/promises';
import { type EmbeddingModel, loadModel, parseDevice, resolveModel } from '@holdfast/gpu-runtime';
import { print } from '../model/print.js';
import type { BatchSample, SpeedReport, SpeedTrial } from './measure-speed.js';
import { measuringOrder, worthMeasuring } from './measuring-order.js';

// A helper that measures how long batches take. It prints all results after each, so the last line is what is known so far.

/** A batch is repeated for at least this many milliseconds: the first call runs cold, and a clock is coarse. */
const AT_LEAST = 50;

const { model, overrides, proof, batchTokens, device, threads, env, sample, seconds } = JSON.parse(
  process.argv[2]!,
) as SpeedTrial;
// Devices are looked for when the model is loaded.
Object.assign(process.env, env);

/** Milliseconds of one call. */
async function timed(loaded: EmbeddingModel, { sequences }: BatchSample): Promise<number> {
  const residues = sequences.map((each) => Buffer.from(each, 'latin1'));
  const times: number[] = [];
  for (let all = 0; all < AT_LEAST; all += times.at(-1)!) {
    // A new array of the same sequences: tokens are prepared per array.
    const batch = [...residues];
    loaded.prepare?.(batch);
    const begun = performance.now();
    await loaded.embed(batch);
    times.push(performance.now() - begun);
  }
  const counted = times.length > 1 ? times.slice(1) : times;
  return counted.reduce((sum, ms) => sum + ms, 0) / counted.length;
}

const report: SpeedReport = { loadMs: 0, times: {}, memory: 0, failed: null };
const memory = () => process.resourceUsage().maxRSS * 1024;
try {
  print({ stage: 'loading the model' });
  const batches = JSON.parse(await readFile(sample, 'utf8')) as BatchSample[];
  const source = { ...(await resolveModel(model, overrides, proof)), batchTokens };
  const loaded = await loadModel(source, { device: parseDevice(device), intraOpThreads: threads });
  report.loadMs = performance.now();
  for (const batch of measuringOrder(batches)) {
    const left = 1000 * seconds - (performance.now() - report.loadMs);
    if (!worthMeasuring(batch, { batches, times: report.times, leftMs: left })) continue;
    report.times[batch] = await timed(loaded, batches[batch]!);
    print({ ...report, memory: memory() });
  }
} catch (error) {
  report.failed = error instanceof Error ? error.message : String(error);
}
print({ ...report, memory: memory() }, () => process.exit());
