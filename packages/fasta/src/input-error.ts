import { counted, grouped } from '@holdfast/options';

/** Why an input is refused; stable, for programs. */
export type InputErrorCode =
  | 'not_found'
  | 'is_directory'
  | 'not_a_file'
  | 'not_readable'
  | 'read_failed'
  | 'stdin_twice'
  | 'given_twice'
  | 'empty'
  | 'compressed'
  | 'bad_gzip'
  | 'bad_compression'
  | 'not_fasta'
  | 'bad_id'
  | 'duplicate_id'
  | 'bad_residue'
  | 'no_residues'
  | 'bad_fastq'
  | 'bad_records'
  | 'slow_id'
  | 'too_many_records'
  | 'no_frame';

/** Where in an input the fault is. */
export interface InputPlace {
  /** The path as the caller gave it; `-` is standard input. */
  file: string;
  /** Record within the file, from 1. */
  record?: number;
  /** The record's ID, if known. */
  id?: string;
  /** Line within the decompressed file, from 1. */
  line?: number;
}

/** An input that can't be used. The message is one line: place, fault and remedy. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: InputErrorCode;
  readonly file: string;
  readonly record?: number;
  readonly id?: string;
  readonly line?: number;

  constructor(code: InputErrorCode, place: InputPlace, problem: string, options?: ErrorOptions) {
    super(oneLine(`${describePlace(place)}: ${problem}`), options);
    this.code = code;
    this.file = place.file;
    if (place.record !== undefined) this.record = place.record;
    if (place.id !== undefined) this.id = place.id;
    if (place.line !== undefined) this.line = place.line;
  }
}

/** Several faults, each on a line of its own. */
export class BadRecordsError extends InputError {
  /** Faults with their places; the first ones, if there are many. */
  readonly faults: readonly InputError[];
  /** Records with each fault. */
  readonly counts: Readonly<Record<string, number>>;

  constructor(
    faults: readonly InputError[],
    {
      counts,
      records,
      inputs,
    }: { counts: Readonly<Record<string, number>>; records: number; inputs: number },
  ) {
    const { file } = faults[0]!;
    super('bad_records', { file }, '');
    this.faults = faults;
    this.counts = counts;
    const kinds = Object.entries(counts).sort(([, a], [, b]) => b - a);
    const codes = kinds.map(([code, count]) => `${grouped(count)} ${code}`).join(', ');
    const what = [
      ...(records > 0 ? [`${counted(records, 'record')} cannot be used (${codes})`] : []),
      ...(inputs > 0 ? [`${counted(inputs, 'input')} cannot be read`] : []),
    ].join(', and ');
    const rest = records + inputs - faults.length;
    const lines = faults.map(({ message }) => `\n  ${message}`).join('');
    this.message = `${what}:${lines}${rest > 0 ? `\n  and ${grouped(rest)} more` : ''}`;
  }
}

/** The name of an input in messages. */
export function displayName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

function describePlace({ file, record, id, line }: InputPlace): string {
  const details = [
    ...(id === undefined ? [] : [`"${shorten(id)}"`]),
    ...(line === undefined ? [] : [`line ${line}`]),
  ].join(', ');
  if (record !== undefined) {
    return `${displayName(file)}: record ${record}${details && ` (${details})`}`;
  }
  return displayName(file) + (details && `: ${details}`);
}

function shorten(id: string): string {
  return id.length > 100 ? `${id.slice(0, 100)}…` : id;
}

/** Sanitizes text: a file name or damaged ID may contain line breaks or escape sequences. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters on purpose.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => {
    return `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}
