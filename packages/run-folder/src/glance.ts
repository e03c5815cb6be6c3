import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { type Layout, layout } from './layout.js';
import { tableLines } from './quarantine/table-lines.js';
import { parseChecked } from './records/checked-json.js';

// For those who only look, such as `holdfast status`: loads none of what it takes to compute or to prove, and takes no lock.

export { parseChecked } from './records/checked-json.js';
/** How many first starts a list has that leaves later ones out. */
export { FIRST_STARTS } from './records/kept-starts.js';
export { runElsewhere } from './run-elsewhere.js';
export { type Layout, layout };

/** A file as it was found. `damaged`: it is there, but is not what a run writes. */
export type Seen<T> = { is: 'missing' } | { is: 'damaged'; why: string } | { is: 'read'; value: T };

/** The part of `run.json` that tells what was asked; older versions lack the optional fields. */
export interface SeenRun {
  fingerprint: string;
  inputs: { path: string }[];
  model: { name: string; hub?: { id: string; revision: string } };
  shards: number;
  translate?: string;
  genetic_code?: number;
  orfs?: { min: number; start: string };
  chunk?: { residues: number; stride?: number };
  reading?: { on_bad_record?: string; id?: string; dedupe_ids?: string };
  device?: string;
  index?: string;
  given?: { path?: string; options: Record<string, string | number | true> };
}

/** The part of `index/summary.json` that counts. */
export interface SeenPlan {
  sequences: number;
  /** Those with the residues of an earlier one, which are not computed again. */
  copies: number;
  residues: number;
  batches: number;
}

/** The part of `result.json` that tells what is there. */
export interface SeenResult {
  run: string;
  /** Rows. */
  sequences: number;
  quarantined: number;
  dim: number;
  files: { file: string; bytes: number }[];
  /** What was changed, left out or is odd, in words. */
  warnings: string[];
}

/** What a run's small files say at one moment. */
export interface Glance {
  run: Seen<SeenRun>;
  /** Null if it is not the plan of the run, or cannot be read. */
  plan: SeenPlan | null;
  result: Seen<SeenResult>;
  /** Files of the result that are missing or have another length, each with what is wrong. */
  wrongFiles: string[];
  /** Whether a `--force-restart` is to replace the run, and has not yet. */
  restart: boolean;
  /** Whether quarantined sequences of the complete result are being tried again, or were when a command was cut off. */
  retry: boolean;
  /** Lines of `quarantine.tsv` without its header; empty if there is none. */
  quarantine: string[];
}

/** What a place without a folder has. */
export const NO_GLANCE: Glance = {
  run: { is: 'missing' },
  plan: null,
  result: { is: 'missing' },
  wrongFiles: [],
  restart: false,
  retry: false,
  quarantine: [],
};

/** How often to look again if the run is exchanged meanwhile. */
const LOOKS = 5;

/** Reads what is known of the run in a folder. Takes no lock, so a run that is replaced meanwhile is read again. */
export function glance(place: Layout): Glance {
  for (let look = 1; ; look++) {
    const text = textOf(place.run);
    const seen = lookOnce(place, text);
    if (look === LOOKS || textOf(place.run) === text) return seen;
  }
}

function lookOnce(place: Layout, text: string | null): Glance {
  const run = runIn(text);
  const result = resultIn(textOf(place.result));
  return {
    run,
    plan: planIn(textOf(join(place.index, 'summary.json')), run.is === 'read' ? run.value : null),
    result,
    wrongFiles: result.is === 'read' ? result.value.files.flatMap((file) => wrong(place.out, file)) : [],
    restart: isPending(textOf(place.restart), text),
    retry: statSync(place.retry, { throwIfNoEntry: false }) !== undefined,
    quarantine: tableLines(textOf(place.quarantine) ?? ''),
  };
}

function runIn(text: string | null): Seen<SeenRun> {
  return seen(text, (value) => {
    const { format, fingerprint, inputs, model, shards } = value as Partial<SeenRun> & { format?: unknown };
    if (typeof format === 'number' && format > 2)
      throw new Error(`a later version wrote it, format ${format}`);
    if (
      typeof fingerprint !== 'string' ||
      !Array.isArray(inputs) ||
      typeof model?.name !== 'string' ||
      !shards
    )
      throw new Error('a field is missing');
    return value as SeenRun;
  });
}

function planIn(text: string | null, run: SeenRun | null): SeenPlan | null {
  if (text === null || run === null) return null;
  if (run.index !== undefined && run.index !== sha256(text)) return null;
  try {
    const { sequences, copies = 0, residues, batches } = JSON.parse(text) as Partial<SeenPlan>;
    return isCount(sequences) && isCount(copies) && isCount(residues) && isCount(batches)
      ? { sequences, copies, residues, batches }
      : null;
  } catch {
    return null;
  }
}

function resultIn(text: string | null): Seen<SeenResult> {
  return seen(text, (value) => {
    const { run, sequences, dim, files, quarantined = 0, warnings = [] } = value as Partial<SeenResult>;
    if (
      typeof run !== 'string' ||
      !isCount(sequences) ||
      !isCount(dim) ||
      !Array.isArray(files) ||
      !Array.isArray(warnings)
    )
      throw new Error('a field is missing');
    return { run, sequences, quarantined, dim, files, warnings };
  });
}

function wrong(out: string, { file, bytes }: SeenResult['files'][number]): string[] {
  const size = statSync(join(out, file), { throwIfNoEntry: false })?.size;
  if (size === bytes) return [];
  return [size === undefined ? `${file} is missing` : `${file} has ${size} bytes instead of ${bytes}`];
}

/** A restart counts until `run.json` is another than the one it replaces. */
function isPending(intent: string | null, run: string | null): boolean {
  if (intent === null) return false;
  try {
    const { replaces } = parseChecked(intent).value as { replaces?: unknown };
    // The intent has the digest of the text as it is read byte by byte.
    return run === null || replaces === sha256(Buffer.from(run).toString('latin1'));
  } catch {
    return false;
  }
}

function seen<T>(text: string | null, read: (value: object) => T): Seen<T> {
  if (text === null) return { is: 'missing' };
  try {
    return { is: 'read', value: read(parseChecked(text).value) };
  } catch (error) {
    return { is: 'damaged', why: (error as Error).message };
  }
}

/** Null if there is none. @throws what else the file system throws. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return null;
    throw error;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
