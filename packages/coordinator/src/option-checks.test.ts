import { exitCodeOf, noDebugPort, stopSignalOf } from '@holdfast/process';
import { expect, test } from 'vitest';
import {
  classifyError,
  deviceLost,
  groupFailed,
  groupPassed,
  nextGroup,
  shouldRetryWorker,
  startIsolation,
} from './checked.js';
import { Coordinator } from './coordinator.js';
import { DEFAULT_POLICY } from './failures/retry-policy.js';
import { forkWorkers } from './processes/fork-workers.js';
import { kernelOomKiller } from './processes/oom-killer.js';
import { OutputLimit } from './processes/output-limit.js';
import { workerChannel } from './processes/worker-channel.js';
import { start, working } from './testing/fake-run.js';

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const notObjects = [null, 5, 'x', [], new Map()];
const notWhole = [-1, 0.5, Number.NaN, '5', null, 5n];
const notMilliseconds = [-1, Number.NaN, '5s', null, 5n];
const notFunctions = [5, 'log', {}, null];
const spawn = () => ({ pid: 1, send: () => undefined, kill: () => undefined });
const create = async (options: Any) => new Coordinator({ slots: 1, shards: [0], spawn, ...options });
const policy = (changes: Any) => create({ policy: changes });
const retry = async (failure: Any) => shouldRetryWorker({ kind: 'oom', retryCount: 0, ...failure });
const decide = async (changes: Any) =>
  shouldRetryWorker({ kind: 'oom', retryCount: 0 }, { ...DEFAULT_POLICY, ...changes });
const classify = async (status: Any) => classifyError(status);
const fork = async (options: Any) => forkWorkers({ modulePath: 'worker.js', ...options });
const limit = async (options: Any) => new OutputLimit(options);
const clues = async (given: Any) => startIsolation(0, 1, given);
const poisoned = (row: Any) =>
  clues({ poisoned: [{ row: 0, kind: 'oom', attempts: 2, error: 'x', ...row }] });
const failed = async (failure: Any) =>
  groupFailed(startIsolation(0, 1), [0, 1], { kind: 'oom', error: 'x', ...failure });
const channel = async (options: Any) => workerChannel(process, options);

const notSearches = [undefined, null, 5, {}, []];

const ofPolicy: [string, readonly Any[]][] = [
  ['maxRetriesTransient', notWhole],
  ['poisonStrikes', [0, ...notWhole]],
  ['spotRetryPollInterval', notMilliseconds],
  ['backoffBaseSec', notMilliseconds],
  ['killedBackoffBaseSec', notMilliseconds],
  ['backoffMaxSec', notMilliseconds],
  ['jitter', notMilliseconds],
  ['climbAfter', [0, ...notWhole]],
  ['maxStartupFailures', [0, ...notWhole]],
];

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, async (options) => new Coordinator(options)],
  ['slots', [undefined, 0, ...notWhole], (slots) => create({ slots })],
  ['shards', [undefined, 5, 'ab', new Set([1]), { length: 1 }], (shards) => create({ shards })],
  ['shards[0]', ['a', ...notWhole], (shard) => create({ shards: [shard, 1] })],
  ['shards[2]', [1], (shard) => create({ shards: [1, 2, shard] })],
  ['spawn', [undefined, ...notFunctions], (spawn) => create({ spawn })],
  ['stallMS', [5, undefined], (stallMS) => create({ stallMS })],
  ['graceMs', notMilliseconds, (graceMs) => create({ graceMs })],
  ['stallMs', notMilliseconds, (stallMs) => create({ stallMs })],
  ['startStallMs', notMilliseconds, (startStallMs) => create({ startStallMs })],
  ['stallGraceMs', notMilliseconds, (stallGraceMs) => create({ stallGraceMs })],
  ['isolates', [1, 'yes', null], (isolates) => create({ isolates })],
  ['maxQuarantined', notMilliseconds, (maxQuarantined) => create({ maxQuarantined })],
  ['maxSetAside', notMilliseconds, (maxSetAside) => create({ maxSetAside })],
  ['quarantined', notWhole, (quarantined) => create({ quarantined })],
  ['records', [{}, 5, { recoveries: () => 1 }], (records) => create({ records })],
  ['validateShard', notFunctions, (validateShard) => create({ validateShard })],
  ['output', notObjects, (output) => create({ output })],
  ['output.lines', [5], (lines) => create({ output: { lines } })],
  ['output.burst', [1, '5', Number.NaN], (burst) => create({ output: { burst } })],
  ['clock', [{}, Date, { now: () => 0 }], (clock) => create({ clock })],
  ['random', [0.5, null], (random) => create({ random })],
  ['oomKiller', [{}, () => 1], (oomKiller) => create({ oomKiller })],
  ['onEvent', notFunctions, (onEvent) => create({ onEvent })],
  ['onShardFailed', notFunctions, (onShardFailed) => create({ onShardFailed })],
  ['policy', notObjects, policy],
  ['policy.maxRetries', [5], (maxRetries) => policy({ maxRetries })],
  ...ofPolicy.map(([name, values]): [string, readonly Any[], (value: Any) => Promise<unknown>] => [
    `policy.${name}`,
    values,
    (value) => policy({ [name]: value }),
  ]),
  ...ofPolicy.map(([name, values]): [string, readonly Any[], (value: Any) => Promise<unknown>] => [
    `policy.${name}`,
    [undefined, ...values],
    (value) => decide({ [name]: value }),
  ]),
  ['policy.maxRetries', [5], (maxRetries) => decide({ maxRetries })],
  ['failure.kind', [undefined, 'OOM', 'constructor'], (kind) => retry({ kind })],
  ['failure.retryCount', [undefined, ...notWhole], (retryCount) => retry({ retryCount })],
  ['failure.batchIdx', notWhole, (batchIdx) => retry({ batchIdx })],
  ['failure.batchFailures', notWhole, (batchFailures) => retry({ batchFailures })],
  ['failure.retries', [1], (retries) => retry({ retries })],
  ['status', notObjects, classify],
  ['status.exitCode', [143], (exitCode) => classify({ exitCode })],
  ['status.exitcode', ['143', -1, Number.NaN], (exitcode) => classify({ exitcode })],
  ['status.signal', [15, ''], (signal) => classify({ signal })],
  ['status.errorMessage', [new Error('x'), 5], (errorMessage) => classify({ errorMessage })],
  ['status.oomKilled', [1], (oomKilled) => classify({ oomKilled })],
  ['', notObjects, async (options) => forkWorkers(options)],
  ['modulePath', [undefined, '', 5, new URL('file:///a')], (modulePath) => fork({ modulePath })],
  ['args', ['--a', 5], (args) => fork({ args })],
  ['args[1]', [5, null], (arg) => fork({ args: ['a', arg] })],
  ['env', [{ A: '1' }], (env) => fork({ env })],
  ['execArgv', ['--inspect'], (execArgv) => fork({ execArgv })],
  ['execargv', [[]], (execargv) => fork({ execargv })],
  ['', notObjects, limit],
  ['burst', [1, Number.NaN, '5'], (burst) => limit({ burst })],
  ['linesPerSec', [0, -1, '5'], (linesPerSec) => limit({ linesPerSec })],
  ['linesPerSecond', [5], (linesPerSecond) => limit({ linesPerSecond })],
  ['', notObjects, clues],
  ['suspect', [[1]], (suspect) => clues({ suspect })],
  ['suspects[0]', notWhole, (row) => clues({ suspects: [row] })],
  ['alone', [5, '0'], (alone) => clues({ alone })],
  ['most', [0, '5'], (most) => clues({ most })],
  ['poisoned[0]', notObjects, (row) => clues({ poisoned: [row] })],
  ['poisoned[0].row', [undefined, ...notWhole], (row) => poisoned({ row })],
  ['poisoned[0].kind', [undefined, 'transient'], (kind) => poisoned({ kind })],
  ['poisoned[0].attempts', [undefined, '1'], (attempts) => poisoned({ attempts })],
  ['poisoned[0].error', [undefined, 5], (error) => poisoned({ error })],
  ['batchIdx', notWhole, async (batchIdx) => startIsolation(batchIdx, 1)],
  ['failure.kind', [undefined, 'transient'], (kind) => failed({ kind })],
  ['failure.error', [undefined, new Error('x')], (error) => failed({ error })],
  ['failure.faulty', [5], (faulty) => failed({ faulty })],
  ['failure.rows', [[1]], (rows) => failed({ rows })],
  ['', notObjects, channel],
  ['orphanGraceMs', notMilliseconds, (orphanGraceMs) => channel({ orphanGraceMs })],
  ['graceMs', [5], (graceMs) => channel({ graceMs })],
  ['root', ['', 5, null], async (root) => kernelOomKiller(root)],
  ['strikes', [undefined, ...notWhole], async (strikes) => startIsolation(0, strikes)],
  ['isolation', notSearches, async (search) => nextGroup(search, 2, new Set())],
  ['size', [undefined, ...notWhole], async (size) => nextGroup(startIsolation(0, 1), size, new Set())],
  ['good', [undefined, null, [], 5], async (good) => nextGroup(startIsolation(0, 1), 2, good)],
  ['isolation', notSearches, async (search) => groupPassed(search, 2, [0])],
  ['size', [undefined, ...notWhole], async (size) => groupPassed(startIsolation(0, 1), size, [0])],
  ['group', [undefined, null, 0, '0'], async (group) => groupPassed(startIsolation(0, 1), 2, group)],
  ['isolation', notSearches, async (search) => groupFailed(search, [0], { kind: 'oom', error: 'x' })],
  [
    'group',
    [undefined, null, 0, '0'],
    async (group) => groupFailed(startIsolation(0, 1), group, { kind: 'oom', error: 'x' }),
  ],
  ['isolation', notSearches, async (search) => deviceLost(search)],
  ['signal', [undefined, null, 15, 'SIGFOO', 'SIGKILL', 'TERM'], async (signal) => exitCodeOf(signal)],
  ['exitcode', ['143', {}], async (code) => stopSignalOf(code, null)],
  ['signal', [15, {}], async (signal) => stopSignalOf(null, signal)],
  ['signal', [undefined, 15, 'SIGFOO'], async (signal) => (await create({})).stop(signal)],
  ['asked', [null, '--inspect', 5], async (asked) => noDebugPort(asked)],
  ['asked[0]', [5, null], async (asked) => noDebugPort([asked])],
  ['env', [null, 'A=1', 5], async (env) => noDebugPort([], env)],
  ['line', [undefined, null, 5], async (line) => new OutputLimit().push(line, 0)],
  ['nowMs', [undefined, null, Number.NaN, '5'], async (now) => new OutputLimit().push('x', now)],
  ['worker', [undefined, null, 5, {}], async (worker) => workerChannel(worker)],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});

test('a misspelt name is refused with the intended one', async () => {
  await expect(create({ stallMS: 5 })).rejects.toThrow(
    'Coordinator: unknown option `stallMS`; did you mean `stallMs`?',
  );
  await expect(policy({ maxRetries: 5 })).rejects.toThrow('did you mean `policy.maxRetriesTransient`?');
});

test('undefined options and policy fields count as absent', async () => {
  const undefinedPolicy = Object.fromEntries(Object.keys(DEFAULT_POLICY).map((name) => [name, undefined]));
  const run = start(
    working((worker, shard, attempt) =>
      attempt === 1 ? worker.exit(1) : worker.say({ type: 'complete', shard }),
    ),
    {
      shards: [0],
      policy: undefinedPolicy as Any,
      graceMs: undefined as Any,
      output: { burst: undefined } as Any,
    },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('retry').map(({ delayMs }) => delayMs)).toEqual([1000]);
});
