import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@holdfast/fasta';
import { letterRules, resolveModel } from '@holdfast/gpu-runtime';
import { AS_THEY_ARE } from '@holdfast/plan';
import {
  fingerprintOf,
  formatChecked,
  type Layout,
  layout,
  readRunRecord,
  writeRunRecord,
} from '@holdfast/run-folder';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { StoppedError, UsageError } from '../errors.js';
import type { Prepared, PrepareOptions } from './asked-run.js';
import { prepare } from './prepare.js';

/** The step of a restart at which its process is killed, and whether that step still happened. */
const death = vi.hoisted(() => ({ at: Number.POSITIVE_INFINITY, made: false, steps: 0 }));

vi.mock('@holdfast/durable', async (load) => {
  const real = await load<typeof import('@holdfast/durable')>();
  const mortal =
    <A extends unknown[], R>(step: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      // A dead process does nothing, not even clean-up.
      const now = death.steps++;
      if (now > death.at || (now === death.at && !death.made)) throw new Error('killed');
      const result = await step(...args);
      if (now === death.at) throw new Error('killed');
      return result;
    };
  return {
    ...real,
    removeDurably: mortal(real.removeDurably),
    renameDurably: mortal(real.renameDurably),
    writeFileDurably: mortal(real.writeFileDurably),
  };
});

const model = await resolveModel('tnf');
let folder: string;
let place: Layout;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'force-restart-'));
  place = layout(join(folder, 'out'));
  await mkdir(place.out);
  await writeFile(join(folder, 'old.fa'), '>a\nACGTACGT\n');
  await writeFile(join(folder, 'new.fa'), '>b\nACGTACGTA\n>c\nTTTTTT\n');
  Object.assign(death, { at: Number.POSITIVE_INFINITY, made: false, steps: 0 });
});

const asking = (input: string, more: Partial<PrepareOptions> = {}): PrepareOptions => ({
  inputs: [join(folder, input)],
  model,
  batchTokens: undefined,
  chooseBatchTokens: async () => 100,
  shards: undefined,
  threads: undefined,
  defaultShards: 4,
  format: 'safetensors',
  cut: {},
  dedupe: true,
  letters: { rules: letterRules(model), use: AS_THEY_ARE },
  forceRestart: false,
  tryForNewRun: () => Promise.resolve(),
  signal: new AbortController().signal,
  onProgress: () => undefined,
  onWarning: () => undefined,
  ...more,
});

async function prepared(options: PrepareOptions): Promise<Prepared> {
  const result = await prepare(place, options);
  if (!('index' in result)) throw new Error('complete');
  await result.index.close();
  return result;
}

/** A run of the old input, with a checkpoint and the files of a complete run. */
async function oldRun(): Promise<void> {
  await prepared(asking('old.fa'));
  await mkdir(place.shard(0), { recursive: true });
  await mkdir(place.logs);
  await writeFile(join(place.shard(0), 'old'), '');
  for (const path of [place.result, place.ids, place.embeddings('safetensors')]) await writeFile(path, 'old');
}

/** A restart whose process is killed at that step. @returns whether it got that far. */
async function killed(input: string, at: number, made: boolean): Promise<boolean> {
  Object.assign(death, { at, made, steps: 0 });
  const error = await prepare(place, asking(input, { forceRestart: true })).catch(
    (thrown: unknown) => thrown,
  );
  Object.assign(death, { at: Number.POSITIVE_INFINITY });
  if (!(error instanceof Error)) await (error as Prepared).index.close();
  return error instanceof Error;
}

const intact = async () => undefined;
const damaged = () => writeFile(place.run, '{"broken":');
const ofLater = () => writeFile(place.run, formatChecked({ format: 3 }));
const ofEarlierPlan = async () => {
  const record = { ...(await readRunRecord(place.run))!, plan: 1 };
  await writeRunRecord(place.run, { ...record, fingerprint: fingerprintOf(record) });
};

describe.each([
  ['another input', 'new.fa', intact],
  ['the same input', 'old.fa', intact],
  ['another input, over a damaged run.json', 'new.fa', damaged],
  ['the same input, over a damaged run.json', 'old.fa', damaged],
  ['the same input, over a run.json of a later version', 'old.fa', ofLater],
  ['the same input, over a run that an earlier version planned', 'old.fa', ofEarlierPlan],
])('a restart with %s that is killed', (_what, input, spoil) => {
  test.each([
    ['before', false],
    ['after', true],
  ])('right %s any of its steps goes on without --force-restart', async (_when, made) => {
    await oldRun();
    await spoil();
    const whole = join(folder, 'whole');
    await cp(place.out, whole, { recursive: true });
    const goesOn = input === 'old.fa' && spoil === intact;
    // Before its first step the restart has announced nothing, and the old run is not the requested one, or cannot be proven to be.
    let steps = made || goesOn ? 0 : 1;
    for (; steps < 50; steps++) {
      await rm(place.out, { recursive: true });
      await cp(whole, place.out, { recursive: true });
      if (!(await killed(input, steps, made))) break;
      const { record, resumed } = await prepared(asking(input));
      expect(record.inputs.map(({ path }) => path)).toEqual([join(folder, input)]);
      // Nothing of the old run passes for the new one's, and an old run that is resumed is complete.
      const kept = existsSync(join(place.shard(0), 'old'));
      expect([steps, kept]).toEqual([steps, goesOn && resumed && kept]);
      expect(existsSync(place.restart)).toBe(false);
      expect(await prepared(asking(input))).toMatchObject({ record, resumed: true });
    }
    expect(steps).toBeGreaterThan(12);
    expect(steps).toBeLessThan(50);
  });
});

test('a restart cut off before it removed anything costs an old run, which another command asks for, nothing', async () => {
  await oldRun();
  // Both the intent and the old run exist.
  await killed('new.fa', 1, true);
  expect(existsSync(place.restart)).toBe(true);
  expect(await prepared(asking('old.fa'))).toMatchObject({ resumed: true });
  expect(existsSync(join(place.shard(0), 'old'))).toBe(true);
  // The old run was resumed, so the restart is forgotten.
  await expect(prepare(place, asking('new.fa'))).rejects.toThrow('holds another run');
});

test('after a restart that was cut off once it removed the run, other commands are refused, with the remedy', async () => {
  await oldRun();
  for (let step = 0; existsSync(place.run); step++) await killed('new.fa', step, true);
  const error = await prepare(place, asking('old.fa')).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as Error).message).toMatch(/cut off here .*Rerun that command, or use another --out/);
  const { rules } = asking('new.fa').letters;
  const use = { read: 'U as T', final_stop: 'kept' } as const;
  await expect(prepare(place, asking('new.fa', { letters: { rules, use } }))).rejects.toThrow('cut off here');
  expect(await prepared(asking('old.fa', { forceRestart: true }))).toMatchObject({ resumed: false });
});

test('a refused input leaves the old run and no intent; a stop leaves both', async () => {
  await oldRun();
  const names = async () => (await readdir(place.out)).sort();
  const before = await names();
  await writeFile(join(folder, 'bad.fa'), '>a\nAC!T\n');
  await expect(prepare(place, asking('bad.fa', { forceRestart: true }))).rejects.toThrow(InputError);
  expect(await names()).toEqual(before);
  const signal = AbortSignal.abort(new StoppedError('SIGTERM'));
  await expect(prepare(place, asking('new.fa', { forceRestart: true, signal }))).rejects.toThrow(
    StoppedError,
  );
  expect(await names()).toEqual([...before, '.holdfast-restart'].sort());
  expect(await prepared(asking('new.fa'))).toMatchObject({ resumed: false });
});

test('a new run without an old one needs no intent', async () => {
  death.steps = 0;
  await prepared(asking('new.fa', { forceRestart: true }));
  expect(existsSync(place.restart)).toBe(false);
});

test('everything a resume reads before it begins is watched: the result, the index and the inputs', async () => {
  await prepared(asking('old.fa'));
  const watched: string[] = [];
  const checking = <T>(what: string, work: () => Promise<T>) => {
    watched.push(what);
    return work();
  };
  await prepared(asking('old.fa', { checking }));
  expect(watched).toEqual([
    `checking the result in ${place.out}`,
    `checking ${place.index}`,
    `reading ${join(folder, 'old.fa')} to check that it has not changed since the run began`,
  ]);
});
