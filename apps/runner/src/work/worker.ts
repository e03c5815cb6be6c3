import { WriterThread } from '@holdfast/checkpoint';
import { workerChannel } from '@holdfast/coordinator';
import { makeDirectoryDurably, nameSystemErrors } from '@holdfast/durable';
import { FileLock } from '@holdfast/file-lock';
import { firstTouched, InferenceError, parseDevice, resolveModel, valueCounts } from '@holdfast/gpu-runtime';
import { openIndex, shardsOf } from '@holdfast/plan';
import { exitCodeOf } from '@holdfast/process';
import { hangupIgnored, onSignal } from '@holdfast/process/early-signals';
import { layout, rebuildFrom } from '@holdfast/run-folder';
import { CheckpointTrigger, everyBytes } from '@holdfast/trigger';
import { type Patiently, PatientManifest } from '../coordinate/patient-manifest.js';
import { parseWorkerOptions } from '../coordinate/worker-options.js';
import { ExitCode } from '../errors.js';
import { RoomWait } from '../full-disk/room-wait.js';
import { whyLost } from './lost-claim.js';
import { ModelChangedError } from './model-changed-error.js';
import { modelOfRun } from './model-of-run.js';
import { NonFiniteRowsError } from './non-finite-rows-error.js';
import { retryShard } from './retry-shard.js';
import { loadWatched } from './watched-model.js';
import { type ShardWork, workShard } from './work-shard.js';

/** Bytes of rows in memory after which a checkpoint is due, whatever the thresholds. */
const MAX_BUFFERED_BYTES = 256 * 1024 * 1024;
/** The same with numbers of tokens, which reach it all the time: rows are held up to four times while they are written. */
const MAX_BUFFERED_VALUES = 64 * 1024 * 1024;

/** The least milliseconds between two heartbeats. */
const BEAT_EVERY = 100;

/** The most characters of a reported error; a model may print a whole tensor. */
const LONGEST_MESSAGE = 4000;

// A worker process: loads the model once, then completes the shards it is assigned until it must finish or stop.
const options = parseWorkerOptions(process.argv[2]);
const channel = workerChannel(process, {
  orphanGraceMs: options.graceMs,
  ignored: hangupIgnored ? ['SIGHUP'] : [],
});
// From here on the channel handles signals.
onSignal(() => undefined);
let stopped = false;
let stopCode: number = ExitCode.terminated;
/** Nothing to save: the model is loading, or no shard is assigned. */
let idle = true;
const stopping = new AbortController();
channel.onStop((reason) => {
  stopped = true;
  stopping.abort();
  if (reason !== 'orphaned') stopCode = exitCodeOf(reason);
  if (idle) process.exit(stopCode);
});

/** Reports the next step of the start-up, which counts as progress. */
const starting = (stage: string) => channel.send({ type: 'heartbeat', stage });
let lastBeat = 0;
/** A heartbeat, throttled: nobody checks more often. */
const heartbeat = async () => {
  if (performance.now() - lastBeat < BEAT_EVERY) return;
  await channel.send({ type: 'heartbeat' });
  lastBeat = performance.now();
};

let shard: number | undefined;
let batchIdx: number | undefined;
try {
  const place = layout(options.out);
  // Held until this process exits: a later command waits until all workers are gone.
  await FileLock.acquire(place.workersLock, { shared: true, timeoutMs: 0 });
  await starting('opening the index');
  const index = await openIndex(place.index, options.index);
  const shards = await shardsOf(index, options.shards);
  await starting('reading the files of the model');
  const source = await modelOfRun(options);
  const changed = (path = source.folder): never => {
    throw new ModelChangedError(path);
  };
  // Windows of long sequences form their own batches, with the run's token budget.
  const device = parseDevice(options.device);
  await starting(`loading the model on ${options.device}`);
  const model = await loadWatched(
    { ...source, batchTokens: options.batchTokens },
    { device, intraOpThreads: options.threads },
    { again: () => resolveModel(options.model, options.overrides), changed },
  );
  // It may have been replaced after its fingerprint was taken.
  const touched = source.proof && (await firstTouched(source.proof));
  if (touched !== undefined) changed(touched);
  const room = new RoomWait({
    folder: place.out,
    signal: stopping.signal,
    onFull: (message) => void channel.send({ type: 'disk_full', shard: shard!, message }),
    onRoom: () => void channel.send({ type: 'disk_room', shard: shard! }),
    onLook: () => void channel.send({ type: 'heartbeat' }),
  });
  const pauses = options.onFullDisk === 'pause';
  const patiently: Patiently = (work, bytes) => (pauses ? room.during(work, bytes) : work());
  const manifest = new PatientManifest(
    place.manifest,
    {
      rebuild: rebuildFrom(place, shards.length),
      onWarning: (message) => console.error(message),
      ...(options.lockTimeoutMs !== undefined && { lockTimeoutMs: options.lockTimeoutMs }),
    },
    patiently,
  );
  const most = valueCounts(source.recipe.more ?? {}, 0).length > 0 ? MAX_BUFFERED_VALUES : MAX_BUFFERED_BYTES;
  const policies = [everyBytes(most, 'buffer_full')];
  const trigger = new CheckpointTrigger({ ...options.trigger, policies });
  const thread = new WriterThread();
  await channel.send({ type: 'ready' });
  for (;;) {
    idle = true;
    if (stopped) process.exit(stopCode);
    const message = await channel.next();
    idle = false;
    if (message.type !== 'assign') break;
    const { shard: now, budget, isolation, claim: token } = message;
    shard = now;
    const plan = shards[now];
    if (plan === undefined) throw new RangeError(`shard ${now} of ${shards.length} is not in the plan`);
    // Past its last batch there is nothing to blame.
    const blame = (next: number) => (next < plan.endBatch ? { nextBatch: next } : {});
    const folder = place.shard(now);
    await patiently(() => makeDirectoryDurably(folder), 0);
    const work: ShardWork = {
      shard: plan,
      folder,
      run: options.run,
      record: options.record,
      index,
      model,
      trigger,
      manifest,
      thread,
      ...(token !== undefined && { claim: { token } }),
      ...(pauses && { room }),
      batchTokens: options.batchTokens,
      budget,
      isolation,
      // A failure on a GPU may have destroyed its context.
      survivesFailures: device.kind === 'cpu',
      stopping: () => stopped,
      report: {
        reading: () => channel.send({ type: 'heartbeat' }),
        resumed: ({ sequences, quarantined, nextBatch, fault, aside }) => {
          if (fault !== null)
            console.error(`${fault}; embedding again from there; set aside: ${aside.join(', ')}`);
          return channel.send({ type: 'resumed', shard: now, sequences, quarantined, ...blame(nextBatch) });
        },
        progress: (sequences, nextBatch) =>
          channel.send({ type: 'progress', shard: now, sequences, ...blame(nextBatch) }),
        batch: (at) => {
          batchIdx = at;
        },
        calling: (at, rows, state) =>
          channel.send({
            type: 'calling',
            shard: now,
            batchIdx: at,
            rows: [...rows],
            ...(state === undefined ? {} : { isolation: state }),
          }),
        control: (at, rows, state) =>
          channel.send({ type: 'control', shard: now, batchIdx: at, rows: [...rows], isolation: state }),
        returned: () => channel.send({ type: 'returned', shard: now }),
        computed: () => heartbeat(),
        quarantined: (sequence) => channel.send({ type: 'quarantined', shard: now, sequence }),
        checkpoint: (saved) => channel.send({ type: 'checkpoint', shard: now, ...saved }),
      },
    };
    const { retry } = options;
    const outcome = await (retry === undefined ? workShard(work) : retryShard(work, retry)).catch(
      async (error: unknown) => {
        const stillOwner = () => manifest.heartbeat(now, { token: token! });
        const lost = token === undefined ? null : await whyLost(error, stillOwner);
        if (lost === null) throw error;
        return { lost };
      },
    );
    if (outcome === false) process.exit(stopCode);
    batchIdx = undefined;
    shard = undefined;
    await channel.send(
      outcome === true
        ? { type: 'complete', shard: now }
        : { type: 'lost', shard: now, message: outcome.lost },
    );
  }
  process.exit(stopped ? stopCode : ExitCode.complete);
} catch (error) {
  await channel.send({
    type: 'failed',
    ...(shard === undefined ? {} : { shard }),
    ...(batchIdx === undefined ? {} : { batchIdx }),
    error: error instanceof InferenceError ? error.kind : ((error as { code?: string }).code ?? 'error'),
    message: nameSystemErrors(error instanceof Error ? error.message : String(error)).slice(
      0,
      LONGEST_MESSAGE,
    ),
    ...(error instanceof NonFiniteRowsError ? { faulty: error.sequences.map(({ row }) => row) } : {}),
  });
  process.exit(ExitCode.unexpected);
}
