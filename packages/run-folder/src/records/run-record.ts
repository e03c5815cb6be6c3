import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@holdfast/durable';
import { parseDevice } from '@holdfast/gpu-runtime';
import { letterDifferences, letterUseSchema, PLAN } from '@holdfast/plan';
import { z } from 'zod';
import { differingOptions, modelOptionsSchema } from '../model-options.js';
import { RunFolderError } from '../run-folder-error.js';
import { formatChecked, parseChecked } from './checked-json.js';

const isDevice = (name: string) => {
  try {
    return parseDevice(name) !== null;
  } catch {
    return false;
  }
};

const fields = {
  inputs: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  model: z.object({ name: z.string(), fingerprint: z.string() }),
  batch_tokens: z.number().int().positive(),
  /** Frames that were translated; absent where the inputs are read as they are. */
  translate: z.enum(['open', 'all']).exactOptional(),
  /** What is changed in the sequences; absent in records of versions that changed nothing. */
  letters: letterUseSchema.exactOptional(),
  shards: z.number().int().positive(),
  /** Where rows are computed; no part of the fingerprint, since a run may be gone on with elsewhere if the user says so. */
  device: z.string().refine(isDevice).exactOptional(),
  /** Threads of a worker on the CPU, kept for the whole run, since numbers may differ in their last digits between counts. Absent: 1. */
  threads: z.number().int().positive().exactOptional(),
  /** Told where a model's fingerprint differs, and part of no fingerprint here; absent in records of earlier versions. */
  model_options: modelOptionsSchema.exactOptional(),
  /** SHA-256 over everything above that a result depends on; each checkpoint carries it. */
  fingerprint: z.string(),
  /** SHA-256 of `index/summary.json`, which holds that of each file of the index; absent in records of earlier versions. */
  index: z.string().exactOptional(),
};
/** The key in a checkpoint's metadata under which it keeps what the run's record says beside the inputs. */
export const RUN_RECORD = 'run_record';

const { inputs: inputsField, fingerprint: _fingerprint, index: _index, ...factFields } = fields;
const factsSchema = z.object({ plan: z.number().int().positive(), ...factFields });

/** What a record says beside the inputs, which a fingerprint proves together. */
export type RunFacts = z.infer<typeof factsSchema>;
export type RunInputs = z.infer<typeof inputsField>;

const schema = z.object({
  format: z.literal(2),
  /** Rules that the batches were planned by; see `PLAN`. */
  plan: z.number().int().positive(),
  ...fields,
});
/** Of the first version, which knew one plan. */
const firstSchema = z
  .object({ format: z.literal(1), ...fields })
  .transform((record): RunRecord => ({ ...record, format: 2, plan: 1 }));

/** Versions that wrote no checksum knew no other fields. */
const { index: _later, ...firstFields } = fields;
const uncheckedSchema = z.strictObject({
  format: z.literal(2),
  plan: z.number().int().positive(),
  ...firstFields,
});

/** What tells a record of ours from another program's `run.json`. */
const ourRecordSchema = z.object({ format: z.number(), fingerprint: z.string(), model: z.object({}) });

/** `run.json`: what was asked, by content. */
export type RunRecord = z.infer<typeof schema>;

/** What a command line asks for, to be compared with what the folder holds. */
export type Asked = Omit<
  RunRecord,
  'format' | 'plan' | 'fingerprint' | 'index' | 'batch_tokens' | 'shards' | 'device' | 'threads'
> & {
  /** Undefined where any will do. */
  batch_tokens: number | undefined;
  shards: number | undefined;
  threads?: number | undefined;
};

/** The record of a new run. */
export function newRunRecord(asked: Asked & { batch_tokens: number; shards: number }): RunRecord {
  const { inputs, model, batch_tokens, translate, letters, shards, model_options } = asked;
  const read = { ...(translate && { translate }), ...(letters && { letters }) };
  const facts = { plan: PLAN, inputs, model, batch_tokens, ...read };
  const told = { shards, ...(model_options && { model_options }) };
  return { format: 2, ...facts, ...told, fingerprint: fingerprintOf(facts) };
}

/** The fingerprint of a run. What earlier versions did not know leaves it as they made it: the first plan, no translation, letters as they are. */
export function fingerprintOf({
  plan,
  inputs,
  model,
  batch_tokens,
  translate,
  letters,
}: Pick<RunRecord, 'plan' | 'inputs' | 'model' | 'batch_tokens' | 'translate' | 'letters'>) {
  const results: unknown[] = [inputs.map(({ sha256 }) => sha256), model.fingerprint, batch_tokens];
  if (translate !== undefined) results.push({ translate });
  if (plan !== 1) results.push(plan);
  if (letters !== undefined) results.push({ letters: [letters.read, letters.final_stop] });
  return createHash('sha256').update(JSON.stringify(results)).digest('hex');
}

/** What differs between a run on disk and a command line, each as "what: then → now"; empty when it is the same run. */
export function differences(record: RunRecord, asked: Asked): string[] {
  const found: string[] = [];
  if (record.inputs.length !== asked.inputs.length) {
    found.push(`number of inputs: ${record.inputs.length} → ${asked.inputs.length}`);
  } else if (isReordered(record.inputs, asked.inputs)) {
    const list = (inputs: Asked['inputs']) => inputs.map(({ path }) => path).join(', ');
    found.push(`order of inputs: ${list(record.inputs)} → ${list(asked.inputs)}`);
  } else {
    asked.inputs.forEach((input, i) => {
      const before = record.inputs[i]!;
      if (input.sha256 !== before.sha256) {
        found.push(
          `content of input ${i + 1}: ${before.path} (sha256 ${short(before.sha256)}) → ${input.path} (sha256 ${short(input.sha256)})`,
        );
      }
    });
  }
  found.push(...modelDifferences(record, asked));
  if (asked.batch_tokens !== undefined && record.batch_tokens !== asked.batch_tokens) {
    found.push(`--batch-tokens: ${record.batch_tokens} → ${asked.batch_tokens}`);
  }
  if (record.translate !== asked.translate) {
    found.push(`--translate: ${record.translate ?? 'none'} → ${asked.translate ?? 'none'}`);
  }
  const sameReader =
    record.model.fingerprint === asked.model.fingerprint && record.translate === asked.translate;
  // A record without them is of a version that had no such options, and its run goes on as it began.
  if (sameReader && record.letters && asked.letters)
    found.push(...letterDifferences(record.letters, asked.letters));
  if (asked.shards !== undefined && record.shards !== asked.shards) {
    found.push(`--shards: ${record.shards} → ${asked.shards}`);
  }
  // Not known yet where a run was ended before it had a device.
  const { threads } = record;
  if (asked.threads !== undefined && threads !== undefined && threads !== asked.threads) {
    found.push(`--threads: ${threads} → ${asked.threads}`);
  }
  return found;
}

/** Whether the same contents come in another order. */
function isReordered(before: Asked['inputs'], now: Asked['inputs']): boolean {
  const sums = (inputs: Asked['inputs']) => inputs.map(({ sha256 }) => sha256);
  const [then, today] = [sums(before), sums(now)];
  return then.join() !== today.join() && then.sort().join() === today.sort().join();
}

/** A model of the same name is told by its options where these differ, else by its fingerprint. */
function modelDifferences({ model, model_options: then }: RunRecord, asked: Asked): string[] {
  if (model.fingerprint === asked.model.fingerprint) return [];
  const named = model.name === asked.model.name && then && asked.model_options;
  const options = named ? differingOptions(then, named) : [];
  if (options.length > 0) return options;
  const now = `${asked.model.name} (${short(asked.model.fingerprint)})`;
  return [`model: ${model.name} (${short(model.fingerprint)}) → ${now}`];
}

const short = (sha256: string) => `${sha256.slice(0, 12)}…`;

/** `run.json` is not as any version wrote it. What it said may be known from elsewhere. */
export class DamagedRecordError extends RunFolderError {
  constructor(
    readonly path: string,
    /** What it holds. */
    readonly text: string,
    /** Why it is not believed. */
    readonly reason: string,
  ) {
    super(
      `${path}: not a run record this version can read; use another --out, or --force-restart to begin anew`,
      { cause: reason },
    );
  }
}

/**
 * Reads `run.json`; null when there is none.
 *
 * @throws DamagedRecordError; RunFolderError when it is of a later version.
 */
export async function readRunRecord(path: string): Promise<RunRecord | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const { value, checked } = parseChecked(text);
    const { format } = value as { format?: unknown };
    if (checked && typeof format === 'number' && format > 2)
      throw new RunFolderError(
        `${path}: format ${format}, which a later version of holdfast wrote; use that version, or another --out, or --force-restart to begin anew`,
      );
    const record = z.union([checked ? schema : uncheckedSchema, firstSchema]).parse(value);
    // A fingerprint of something else would disown every checkpoint of the run.
    if (fingerprintOf(record) !== record.fingerprint) throw new Error('its fingerprint is wrong');
    return record;
  } catch (error) {
    if (error instanceof RunFolderError) throw error;
    throw new DamagedRecordError(
      path,
      text,
      error instanceof z.ZodError ? 'a field is missing or unknown' : (error as Error).message,
    );
  }
}

/** What a record says beside the inputs, as text, for checkpoints to keep. */
export function formatRunFacts(record: RunRecord): string {
  return JSON.stringify(factsSchema.parse(record));
}

/** The reverse of `formatRunFacts`; null for anything else. */
export function parseRunFacts(text: unknown): RunFacts | null {
  if (typeof text !== 'string') return null;
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The record that these facts and inputs make. */
export function recordFrom(facts: RunFacts, inputs: RunInputs): RunRecord {
  const { plan, ...rest } = facts;
  return { format: 2, plan, inputs, ...rest, fingerprint: fingerprintOf({ ...facts, inputs }) };
}

/** What can be read in a damaged record; each field may be wrong by itself. */
export function salvageFacts(
  text: string,
): Partial<Pick<RunRecord, 'inputs' | 'batch_tokens' | 'shards' | 'device' | 'threads'>> {
  const number = (name: string) => {
    const digits = new RegExp(`"${name}": ?(\\d{1,9})\\b`).exec(text)?.[1];
    return digits !== undefined && Number(digits) > 0 ? { [name]: Number(digits) } : {};
  };
  const device = /"device": ?"([^"]*)"/.exec(text)?.[1];
  const list = /"inputs": ?(\[[^\]]*\])/.exec(text)?.[1];
  return {
    ...number('batch_tokens'),
    ...number('shards'),
    ...number('threads'),
    ...(device !== undefined && isDevice(device) ? { device } : {}),
    ...(list === undefined ? {} : parsedInputs(list)),
  };
}

function parsedInputs(text: string): { inputs?: RunInputs } {
  try {
    return { inputs: inputsField.parse(JSON.parse(text)) };
  } catch {
    return {};
  }
}

/** Whether there is a record of a run, of whatever version of ours, in whatever state its other fields are. */
export async function holdsRunRecord(path: string): Promise<boolean> {
  // A file that cannot be read says nothing of whose it is.
  const text = await readFile(path, 'utf8');
  try {
    return ourRecordSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileDurably(path, formatChecked(record));
}
