import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isThere, removeDurably, systemErrorCode, writeFileDurably } from '@holdfast/durable';
import type { Cut } from '@holdfast/fasta';
import type { ModelSource } from '@holdfast/gpu-runtime';
import type { LetterUse, ReadingUse } from '@holdfast/plan';
import * as z from '@holdfast/schema';
import type { Layout } from './layout.js';
import { formatChecked, parseChecked } from './records/checked-json.js';
import { cutFieldsOf } from './records/cut-fields.js';

// A killed restart must be resumable without --force-restart, even before it has a record. So it first writes down its intent,
// which counts until the record exists.

const schema = z.object({
  format: z.literal(1),
  /** SHA-256 of the `run.json` to replace; null if there is none. */
  replaces: z.string().nullable(),
  /** SHA-256 of the request. */
  asked: z.string(),
});

/** What a command asks for, as far as known without reading the inputs. */
export interface RestartAsked {
  inputs: readonly string[];
  model: Pick<ModelSource, 'name' | 'fingerprint'>;
  batchTokens: number | undefined;
  shards: number | undefined;
  threads: number | undefined;
  cut: Cut;
  letters: { use: LetterUse };
  dedupe: boolean;
  reading?: ReadingUse | undefined;
}

/** A restart that was cut off before it had a record: this command's, or another's. */
export type CutOff = 'same' | 'other' | null;

/** Records the intent to replace the run in the folder. */
export async function announceRestart(place: Layout, asked: RestartAsked): Promise<void> {
  const intent = { format: 1, replaces: await digestOf(place.run), asked: digest(asked) };
  await writeFileDurably(place.restart, formatChecked(intent));
}

/** Whether a restart was cut off here. It was not if its record exists, or if the intent is damaged. */
export async function cutOffRestart(place: Layout, asked: RestartAsked): Promise<CutOff> {
  const text = await textOf(place.restart);
  if (text === null) return null;
  const intent = parsed(text);
  if (intent === null) return null;
  const now = await digestOf(place.run);
  if (now !== null && now !== intent.replaces) return null;
  return intent.asked === digest(asked) ? 'same' : 'other';
}

/** Removes the intent: the run in the folder counts again. */
export async function forgetRestart(place: Layout): Promise<void> {
  if (isThere(place.restart)) await removeDurably(place.restart);
}

function parsed(text: string): z.infer<typeof schema> | null {
  try {
    return schema.safeParse(parseChecked(text).value).data ?? null;
  } catch {
    return null;
  }
}

function digest(restart: RestartAsked): string {
  const { inputs, model, batchTokens, shards, threads, cut, reading, dedupe } = restart;
  const { translate, ...otherCut } = cutFieldsOf(cut);
  const paths = inputs.map((path) => (path === '-' ? path : resolve(path)));
  const { name, fingerprint } = model;
  const { gaps, ...use } = restart.letters.use;
  // As earlier versions wrote it, where nothing else is asked.
  const letters = gaps === 'kept' ? { ...use, gaps } : use;
  const others = { ...(reading && { reading }), ...(dedupe ? {} : { dedupe }), ...otherCut };
  const asked = { paths, name, fingerprint, batchTokens, shards, threads, translate, letters, ...others };
  return sha256(JSON.stringify(asked));
}

async function digestOf(path: string): Promise<string | null> {
  const text = await textOf(path);
  return text === null ? null : sha256(text);
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'latin1');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
