import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isThere, sha256File, systemErrorCode } from '@holdfast/durable';
import { counted, grouped } from '@holdfast/options';
import { formats, type Layout, moreFiles, parseResult, type ResultRecord } from '@holdfast/run-folder';
import type { Context } from '../context.js';
import type { CheckName } from '../fault.js';
import type { Findings } from '../findings.js';

/** The result of a run, as far as `result.json` says. */
export interface FoundResult {
  record: ResultRecord;
  /** The format of the embeddings. */
  format: keyof typeof formats;
}

/**
 * Reads `result.json`: its checksum, its run, and the files that it names.
 *
 * @returns null if there is no result, or if its record is damaged.
 */
export async function checkResultRecord(
  { place }: Context,
  run: string,
  findings: Findings,
): Promise<FoundResult | null> {
  const fault = (problem: string) =>
    findings.fault({ check: 'result', path: place.result, problem, remedy: 'repair' });
  let record: ResultRecord;
  try {
    record = parseResult(await readFile(place.result, 'utf8'));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') {
      const parts = [place.ids, ...Object.keys(formats).map(place.embeddings)].filter(isThere);
      findings.sum('result', 'no result yet', 'absent');
      if (parts.length > 0)
        findings.notes.push(
          `${parts.map((path) => basename(path)).join(', ')} without result.json: the next run joins the result again`,
        );
      return null;
    }
    if (systemErrorCode(error) !== null) throw error;
    const { message } = error as Error;
    fault(error instanceof Error && error.name === 'ZodError' ? 'a field is missing or unknown' : message);
    findings.sum('result', 'result.json: damaged');
    return null;
  }
  if (record.run !== run) fault(`it belongs to another run (${record.run.slice(0, 12)}…)`);
  const { quarantined = 0, skipped = 0, files } = record;
  const names = files.map(({ file }) => file);
  const format = (Object.keys(formats) as (keyof typeof formats)[]).find((each) =>
    names.includes(basename(place.embeddings(each))),
  );
  const due = [
    ...(format === undefined
      ? []
      : [
          basename(place.embeddings(format)),
          ...moreFiles(record.outputs, format).map((name) => `${basename(place.outputs)}/${name}`),
        ]),
    basename(place.ids),
    ...(quarantined > 0 ? [basename(place.quarantine)] : []),
    ...(skipped > 0 ? [basename(place.skipped)] : []),
    // Runs of earlier versions have none.
    ...(names.includes(basename(place.sequences)) ? [basename(place.sequences)] : []),
  ];
  if (format === undefined || names.join() !== due.join())
    fault(`it names the files ${names.join(', ') || '(none)'} instead of ${due.join(', ')}`);
  return format === undefined || record.run !== run ? null : { record, format };
}

/** Compares the files of a result with `result.json`: their lengths, and unless `quick`, every byte. */
export async function checkResultFiles(
  { place, quick, signal, onProgress }: Context,
  { record, format }: FoundResult,
  findings: Findings,
): Promise<void> {
  const others = (Object.keys(formats) as (keyof typeof formats)[])
    .filter((each) => each !== format && isThere(place.embeddings(each)))
    .map((each) => basename(place.embeddings(each)));
  const total = record.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const whole = new Set(record.files.map(({ file }) => file));
  for (const { file, bytes, sha256 } of record.files) {
    const path = pathOf(place, file);
    const fault = (problem: string) => {
      whole.delete(file);
      findings.fault({ check: checkOf(place, path), path, problem, remedy: 'repair' });
    };
    const size = await sizeOf(path);
    if (size === null && path === place.embeddings(format) && others.length > 0)
      // A run in another format writes its embeddings, then removes the others, and the record last.
      findings.notes.push(
        `${file} is gone and ${others.join(', ')} is there: the result was being joined in another format`,
      );
    else if (size === null) fault('is missing');
    else if (size !== bytes) fault(`it has ${grouped(size)} bytes, but result.json says ${grouped(bytes)}`);
    else if (!quick && (await sha256File(path, signal)) !== sha256)
      fault('its bytes are not those that were written: its SHA-256 is not the one in result.json');
    done += bytes;
    onProgress({ what: 'the result', done, total });
  }
  if (others.length > 0)
    findings.notes.push(`${others.join(', ')} is not part of the result; the next run removes it`);
  sum(record, { whole: [...whole], quick }, findings);
}

function sum(
  { sequences, dim }: ResultRecord,
  { whole, quick }: { whole: readonly string[]; quick: boolean },
  findings: Findings,
): void {
  const names = whole.join(', ') || 'none of its files';
  const has = `${grouped(sequences)} rows of ${counted(dim, 'number')}`;
  findings.sum(
    'result',
    `result.json: whole, ${has}; ${names}: ${quick ? 'of the right length' : 'as it says, by SHA-256'}`,
  );
}

/** The path of a file of the result. @param file its name in the record. */
const pathOf = (place: Layout, file: string): string =>
  dirname(file) === basename(place.outputs) ? place.output(basename(file)) : join(place.out, basename(file));

function checkOf(place: Layout, path: string): CheckName {
  if (path === place.ids) return 'ids';
  if (dirname(path) === place.outputs) return 'outputs';
  if (path === place.quarantine) return 'quarantine';
  return path === place.sequences ? 'sequences' : 'result';
}

/** Null if there is no such file. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
