import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeFileDurably } from '@holdfast/durable';
import { parseDevice } from '@holdfast/gpu-runtime';
import {
  letterDifferences,
  letterFacts,
  letterUseSchema,
  PLAN,
  readingDifferences,
  readingUseSchema,
} from '@holdfast/plan';
import * as z from '@holdfast/schema';
import { differingOptions, modelOptionsSchema } from '../model-options.js';
import { runOutputsSchema } from '../outputs/run-outputs.js';
import { RunFolderError } from '../run-folder-error.js';
import { formatChecked, parseChecked } from './checked-json.js';
import { type CutFields, cutDifferences, cutFields, cutResults, pickCut, sameCut } from './cut-fields.js';
import { givenModelSchema } from './given-model.js';

const isDevice = (name: string) => {
  try {
    return parseDevice(name) !== null;
  } catch {
    return false;
  }
};

const fields = {
  inputs: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
  model: z.object({
    name: z.string(),
    fingerprint: z.string(),
    /** Where it is on the hub: what was asked for, and the commit that this was when the run began. Absent: not from the hub. */
    hub: z.object({ id: z.string(), revision: z.string(), commit: z.string() }).exactOptional(),
  }),
  batch_tokens: z.number().int().positive(),
  ...cutFields,
  /** Letters that are replaced in the sequences; absent in records of versions that replaced nothing. */
  letters: letterUseSchema.exactOptional(),
  /** Sequences with the residues of an earlier one are computed once; absent if each is computed, as earlier versions did. */
  identical: z.literal('once').exactOptional(),
  /** How records are read; absent if by default, as in records of earlier versions. */
  reading: readingUseSchema.exactOptional(),
  shards: z.number().int().positive(),
  /** The device that computes rows. Not in the fingerprint: the user may resume a run on another one. */
  device: z.string().refine(isDevice).exactOptional(),
  /** CPU threads per worker, fixed for the whole run, since another count may change the last digits. Absent: 1. */
  threads: z.number().int().positive().exactOptional(),
  /** What is computed beside the usual rows in float32; absent: nothing. */
  outputs: runOutputsSchema.exactOptional(),
  /** Explains a difference in the model's fingerprint; not in the run's fingerprint. Absent in records of earlier versions. */
  model_options: modelOptionsSchema.exactOptional(),
  /** SHA-256 over everything above that a result depends on; each checkpoint carries it. */
  fingerprint: z.string(),
  /** SHA-256 of `index/summary.json`, which holds that of each file of the index; absent in records of earlier versions. */
  index: z.string().exactOptional(),
  /** The version of Holdfast that began the run. Not in the fingerprint. Absent in records of earlier versions. */
  begun_with: z.string().exactOptional(),
  /** What the command that began the run gave of its model. Not in the fingerprint. Absent with a built-in model, and in records of earlier versions. */
  given: givenModelSchema.exactOptional(),
};
/** The metadata key under which a checkpoint keeps the run record without the inputs. */
export const RUN_RECORD = 'run_record';

const {
  inputs: inputsField,
  fingerprint: _fingerprint,
  index: _index,
  given: _given,
  ...factFields
} = fields;
const factsSchema = z.object({ plan: z.number().int().positive(), ...factFields });

/** A record without its inputs. The fingerprint proves the two together. */
export type RunFacts = z.infer<typeof factsSchema>;
export type RunInputs = z.infer<typeof inputsField>;

const schema = z.object({
  format: z.literal(2),
  /** The version of the planning rules; see `PLAN`. */
  plan: z.number().int().positive(),
  ...fields,
});
/** The first version's record, with its only plan. */
const firstSchema = z
  .object({ format: z.literal(1), ...fields })
  .transform((record): RunRecord => ({ ...record, format: 2, plan: 1 }));

/** Versions without a checksum had no other fields. */
const {
  index: _index1,
  given: _given1,
  identical: _identical1,
  genetic_code: _code1,
  orfs: _orfs1,
  chunk: _chunk1,
  reading: _reading1,
  begun_with: _begun1,
  outputs: _outputs1,
  ...firstFields
} = fields;
const uncheckedSchema = z.strictObject({
  format: z.literal(2),
  plan: z.number().int().positive(),
  ...firstFields,
});

/** Distinguishes our record from another program's `run.json`. */
const ourRecordSchema = z.object({ format: z.number(), fingerprint: z.string(), model: z.object({}) });

/** `run.json`: what the run was asked to do, by content. */
export type RunRecord = z.infer<typeof schema>;

/** What a command line asks for, to compare with the folder's run. */
export type Asked = Omit<
  RunRecord,
  | 'format'
  | 'plan'
  | 'fingerprint'
  | 'index'
  | 'begun_with'
  | 'batch_tokens'
  | 'shards'
  | 'device'
  | 'threads'
> & {
  /** Undefined: any. */
  batch_tokens: number | undefined;
  shards: number | undefined;
  threads?: number | undefined;
};

/** The record of a new run. */
export function newRunRecord(
  asked: Asked & { batch_tokens: number; shards: number; begun_with?: string },
): RunRecord {
  const {
    inputs,
    model,
    batch_tokens,
    letters,
    reading,
    identical,
    shards,
    outputs,
    model_options,
    begun_with,
    given,
  } = asked;
  const read = {
    ...pickCut(asked),
    ...(letters && { letters }),
    ...(reading && { reading }),
    ...(identical && { identical }),
    ...(outputs && { outputs }),
  };
  const facts = { plan: PLAN, inputs, model, batch_tokens, ...read };
  const others = {
    shards,
    ...(model_options && { model_options }),
    ...(begun_with && { begun_with }),
    ...(given && { given }),
  };
  return { format: 2, ...facts, ...others, fingerprint: fingerprintOf(facts) };
}

type FingerprintFacts = Pick<
  RunRecord,
  'plan' | 'inputs' | 'model' | 'batch_tokens' | 'letters' | 'reading' | 'identical' | 'outputs'
> &
  CutFields;

/** The fingerprint of a run. What is by default, and was before there was an option, leaves it as earlier versions computed it. */
export function fingerprintOf(facts: FingerprintFacts): string {
  const { plan, inputs, model, batch_tokens, translate, letters, reading, identical } = facts;
  const results: unknown[] = [inputs.map(({ sha256 }) => sha256), model.fingerprint, batch_tokens];
  if (translate !== undefined) results.push({ translate });
  if (plan !== 1) results.push(plan);
  if (letters !== undefined) results.push({ letters: letterFacts(letters) });
  if (reading !== undefined) results.push({ reading: readingUseSchema.parse(reading) });
  if (identical !== undefined) results.push({ identical });
  results.push(...cutResults(facts));
  if (facts.outputs !== undefined) results.push({ outputs: runOutputsSchema.parse(facts.outputs) });
  return createHash('sha256').update(JSON.stringify(results)).digest('hex');
}

/** The differences between a run on disk and a command line, each as "what: then → now"; empty for the same run. */
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
  found.push(...cutDifferences(record, asked));
  found.push(...readingDifferences(record.reading, asked.reading));
  const sameReader = record.model.fingerprint === asked.model.fingerprint && sameCut(record, asked);
  // A record without letters comes from a version without these options, and its run keeps them unchanged.
  if (sameReader && record.letters && asked.letters)
    found.push(...letterDifferences(record.letters, asked.letters));
  // The other way round, the command asks for nothing: a run that computes each sequence goes on with that.
  if (record.identical && !asked.identical) found.push('--no-dedupe: not given → given');
  if (asked.shards !== undefined && record.shards !== asked.shards) {
    found.push(`--shards: ${record.shards} → ${asked.shards}`);
  }
  // Unknown if a run was stopped before it had a device.
  const { threads } = record;
  if (asked.threads !== undefined && threads !== undefined && threads !== asked.threads) {
    found.push(`--threads: ${threads} → ${asked.threads}`);
  }
  return found;
}

/** Whether the contents are the same in another order. */
function isReordered(before: Asked['inputs'], now: Asked['inputs']): boolean {
  const sums = (inputs: Asked['inputs']) => inputs.map(({ sha256 }) => sha256);
  const [then, today] = [sums(before), sums(now)];
  return then.join() !== today.join() && then.sort().join() === today.sort().join();
}

/** The differences of the model: the options if these differ, else the fingerprint. */
function modelDifferences({ model, model_options: then }: RunRecord, asked: Asked): string[] {
  if (model.fingerprint === asked.model.fingerprint) return [];
  const named = model.name === asked.model.name && then && asked.model_options;
  const options = named ? differingOptions(then, named) : [];
  if (options.length > 0) return options;
  const now = `${asked.model.name} (${short(asked.model.fingerprint)})`;
  return [`model: ${model.name} (${short(model.fingerprint)}) → ${now}`];
}

const short = (sha256: string) => `${sha256.slice(0, 12)}…`;

/** `run.json` is damaged. Its contents may be known from elsewhere. */
export class DamagedRecordError extends RunFolderError {
  constructor(
    readonly path: string,
    /** Its text. */
    readonly text: string,
    /** Why it is not trusted. */
    readonly reason: string,
  ) {
    super(
      `${path}: not a run record this version can read; use another --out, or --force-restart to start over`,
      { cause: reason },
    );
  }
}

/**
 * Reads `run.json`; null if there is none.
 *
 * @throws DamagedRecordError; RunFolderError if a later version wrote it.
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
        `${path}: a later version of holdfast wrote this (format ${format}); use that version, or another --out, or --force-restart to start over`,
      );
    const record = z.union([checked ? schema : uncheckedSchema, firstSchema]).parse(value);
    // A wrong fingerprint would make every checkpoint of the run look foreign.
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

/** The record without the inputs, as text, for checkpoints to keep. */
export function formatRunFacts(record: RunRecord): string {
  return JSON.stringify(factsSchema.parse(record));
}

/** Parses a text of `formatRunFacts`; null for anything else. */
export function parseRunFacts(text: unknown): RunFacts | null {
  if (typeof text !== 'string') return null;
  try {
    return factsSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The record with these facts and inputs. */
export function recordFrom(facts: RunFacts, inputs: RunInputs): RunRecord {
  const { plan, ...rest } = facts;
  return { format: 2, plan, inputs, ...rest, fingerprint: fingerprintOf({ ...facts, inputs }) };
}

/** The readable fields of a damaged record. Each may be wrong. */
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

/** Whether the file is a run record of any version, with its other fields in any state. */
export async function holdsRunRecord(path: string): Promise<boolean> {
  // An unreadable file does not show whose it is, so this throws.
  return isRunRecord(await readFile(path, 'utf8'));
}

/** Whether a text is a run record of any version, with its other fields in any state. */
export function isRunRecord(text: string): boolean {
  try {
    return ourRecordSchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

export async function writeRunRecord(path: string, record: RunRecord): Promise<void> {
  await writeFileDurably(path, formatChecked(record));
}
