import { debuglog } from 'node:util';
import { CheckpointManifest } from '@holdfast/manifest';
import type { IndexSummary } from '@holdfast/plan';
import type { Layout } from '../layout.js';
import {
  fingerprintOf,
  parseRunFacts,
  type RunFacts,
  type RunInputs,
  type RunRecord,
  recordFrom,
  salvageFacts,
} from './run-record.js';
import type { Witness } from './run-witnesses.js';

const debug = debuglog('holdfast:run-folder');

export interface RecoverOptions {
  /** What checkpoints and a result say of their run. */
  witnesses: readonly Witness[];
  /** The index's summary, as far as it can be read; nothing of it is believed unproven. */
  summary: IndexSummary | null;
  /** What is left of `run.json`; null where it is gone. */
  text: string | null;
  /** What the command line asks for, with so many tokens a batch and so many shards. */
  askedFacts(batchTokens: number, shards: number): RunFacts;
  /** Tokens of a batch and shards that were asked for, and the tokens that the model has by itself. */
  batchTokens: readonly (number | undefined)[];
  shards: number | undefined;
  /** Reads the command line's inputs, once; null where they can be read only once, and not for this. */
  hashInputs: (() => Promise<RunInputs>) | null;
}

/**
 * The record of the run in a folder whose `run.json` is lost or damaged: put together from what checkpoints, index and command
 * line say, and proven by the fingerprint that every checkpoint carries. Null where nothing that fits is found.
 */
export async function recoverRunRecord(place: Layout, options: RecoverOptions): Promise<RunRecord | null> {
  const { witnesses, summary } = options;
  if (witnesses.length === 0) return null;
  const { inputs: left, ...salvaged } = salvageFacts(options.text ?? '');
  const told = summary?.run && parseRunFacts(JSON.stringify(summary.run));
  const guessed = await guesses(place, options, salvaged);
  const readings = [async () => summary?.inputs, async () => left, async () => options.hashInputs?.()];
  for (const reading of readings) {
    const inputs = await reading();
    if (inputs === undefined) continue;
    for (const { run, facts } of witnesses) {
      const found = [facts, told ?? null, ...guessed].find(
        (each) => each !== null && fingerprintOf({ ...each, inputs }) === run,
      );
      debug('run %s: %s', run, found ? 'its record is put together again' : 'these facts are not its own');
      if (found) return recordFrom(found, inputs);
    }
  }
  return null;
}

/**
 * What the run may have been where no file says: what is asked for now. The number of shards, which no fingerprint tells, must
 * be known from the manifest, else from what is left of the record, else from the command line.
 */
async function guesses(
  place: Layout,
  { askedFacts, batchTokens, shards: asked, summary }: RecoverOptions,
  { shards: left, batch_tokens, ...kept }: Omit<ReturnType<typeof salvageFacts>, 'inputs'>,
): Promise<RunFacts[]> {
  const total = await totalShards(place);
  const shards = total === null ? (asked ?? left) : fitting(total, [asked, left], summary?.batches);
  if (shards === undefined) return [];
  const tokens = new Set([...batchTokens, summary?.batch_tokens, batch_tokens]);
  return [...tokens]
    .filter((each) => each !== undefined)
    .map((each) => ({ ...askedFacts(each, shards), ...kept }))
    .flatMap((facts) => [facts, withoutLetters(facts)]);
}

/** As a version that knew no rules about letters wrote them. */
function withoutLetters({ letters: _, ...facts }: RunFacts): RunFacts {
  return facts;
}

/** There are never more shards than batches, so a record may have named more than the manifest has. */
const fitting = (total: number, named: readonly (number | undefined)[], batches: number | undefined) =>
  named.find((each) => each !== undefined && (each === total || (each > total && batches === total))) ??
  total;

/** How many shards the manifest has; null where there is none that can be read. */
async function totalShards(place: Layout): Promise<number | null> {
  try {
    const manifest = new CheckpointManifest(place.manifest);
    return (await manifest.exists()) ? (await manifest.getGlobalProgress()).total_shards : null;
  } catch {
    return null;
  }
}
