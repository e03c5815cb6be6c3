import { debuglog } from 'node:util';
import { CheckpointManifest } from '@holdfast/manifest';
import { type IndexSummary, indexSummary } from '@holdfast/plan';
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
import { runWitnesses, type Witness } from './run-witnesses.js';

const debug = debuglog('holdfast:run-folder');

export interface RecoverOptions {
  /** What checkpoints and a result record about their run. */
  witnesses: readonly Witness[];
  /** The index's summary, as far as it can be read. Nothing in it is trusted without proof. */
  summary: IndexSummary | null;
  /** What is left of `run.json`; null if it is missing. */
  text: string | null;
  /** What the command line asks for, with this token budget and this number of shards; null without a command line. */
  askedFacts: ((batchTokens: number, shards: number) => RunFacts) | null;
  /** Candidate token budgets: the requested one, and the model's defaults. `shards`: the requested number. */
  batchTokens: readonly (number | undefined)[];
  shards: number | undefined;
  /** Reads the command line's inputs; null if they can be read only once and are needed elsewhere. */
  hashInputs: (() => Promise<RunInputs>) | null;
}

/**
 * Rebuilds a lost or damaged `run.json` from the checkpoints, the index and the command line. The fingerprint in every checkpoint
 * proves it. Null if nothing fits.
 */
export async function recoverRunRecord(place: Layout, options: RecoverOptions): Promise<RunRecord | null> {
  const { witnesses, summary } = options;
  if (witnesses.length === 0) return null;
  const { inputs: left, ...salvaged } = salvageFacts(options.text ?? '');
  const indexed = summary?.run && parseRunFacts(JSON.stringify(summary.run));
  const guessed = await guesses(place, options, salvaged);
  const readings = [async () => summary?.inputs, async () => left, async () => options.hashInputs?.()];
  for (const reading of readings) {
    const inputs = await reading();
    if (inputs === undefined) continue;
    for (const { run, facts } of witnesses) {
      const found = [facts, indexed ?? null, ...guessed].find(
        (each) => each !== null && fingerprintOf({ ...each, inputs }) === run,
      );
      debug('run %s: %s', run, found ? 'its record is rebuilt' : 'these facts are not its own');
      if (found) return recordFrom(found, inputs);
    }
  }
  return null;
}

/** The record that checkpoints and index prove without a command line; null if they do not. */
export async function provenRecord(place: Layout, text: string | null): Promise<RunRecord | null> {
  return recoverRunRecord(place, {
    witnesses: await runWitnesses(place),
    summary: await indexSummary(place.index),
    text,
    askedFacts: null,
    batchTokens: [],
    shards: undefined,
    hashInputs: null,
  });
}

/**
 * Candidate facts if no file has them: what this command asks for. The number of shards, which no fingerprint covers, must come
 * from the manifest, else from the damaged record, else from the command line.
 */
async function guesses(
  place: Layout,
  { askedFacts, batchTokens, shards: asked, summary }: RecoverOptions,
  { shards: left, batch_tokens, ...kept }: Omit<ReturnType<typeof salvageFacts>, 'inputs'>,
): Promise<RunFacts[]> {
  if (askedFacts === null) return [];
  const total = await totalShards(place);
  const shards = total === null ? (asked ?? left) : fitting(total, [asked, left], summary?.batches);
  if (shards === undefined) return [];
  const tokens = new Set([...batchTokens, summary?.batch_tokens, batch_tokens]);
  return [...tokens]
    .filter((each) => each !== undefined)
    .map((each) => ({ ...askedFacts(each, shards), ...kept }))
    .flatMap((facts) => [facts, eachComputed(facts)])
    .flatMap((facts) => [facts, withoutGaps(facts), withoutLetters(facts)]);
}

/** The facts of a run that computes identical sequences one by one. */
function eachComputed({ identical: _, ...facts }: RunFacts): RunFacts {
  return facts;
}

/** The facts as a version without a rule about gaps wrote them. */
function withoutGaps(facts: RunFacts): RunFacts {
  if (facts.letters === undefined) return facts;
  const { gaps: _, ...letters } = facts.letters;
  return { ...facts, letters };
}

/** The facts as a version without rules about letters wrote them. */
function withoutLetters({ letters: _, ...facts }: RunFacts): RunFacts {
  return facts;
}

/** There are never more shards than batches, so a record may name more than the manifest has. */
const fitting = (total: number, named: readonly (number | undefined)[], batches: number | undefined) =>
  named.find((each) => each !== undefined && (each === total || (each > total && batches === total))) ??
  total;

/** The number of shards in the manifest; null if it cannot be read. */
async function totalShards(place: Layout): Promise<number | null> {
  try {
    const manifest = new CheckpointManifest(place.manifest);
    return (await manifest.exists()) ? (await manifest.getGlobalProgress()).total_shards : null;
  } catch {
    return null;
  }
}
