import { exportResult, type Got, getRows } from '@holdfast/export';
import { counted } from '@holdfast/options';
import { idsIn, listedIds, missingText } from '@holdfast/result';
import { writtenWords } from '@holdfast/run-folder';
import { UsageError } from '../errors.js';
import type { ExportCommand } from './export-command.js';
import type { GetCommand } from './get-command.js';
import { CLEAR } from './reporter.js';

/** Milliseconds between two drawings of the progress. */
const PAUSE = 200;

/** Exports a result, and says on standard error how far it is. @returns the line that says what was left where. */
export async function showExport(
  options: ExportCommand,
  screen: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<string> {
  const { to, esmLayer, mergeWith } = options;
  if (esmLayer !== undefined && to !== 'esm') throw new UsageError('--esm-layer is for --to esm');
  if (mergeWith !== undefined && to !== 'virnucpro')
    throw new UsageError('--merge-with is for --to virnucpro');
  let drawn = 0;
  const onProgress = (done: number, rows: number) => {
    if (!screen.isTTY || Date.now() - drawn < PAUSE) return;
    drawn = Date.now();
    screen.write(`${CLEAR}exporting: ${Math.floor((100 * done) / rows)}%`);
  };
  const { path, rows, what, written, kept, holdsIds, ids } = await exportResult({
    ...options,
    signal,
    onProgress,
  }).finally(() => {
    if (drawn > 0) screen.write(CLEAR);
  });
  const how =
    written > 0 && kept > 0
      ? `${counted(kept, 'file')} of it ${kept === 1 ? 'was' : 'were'} there already`
      : writtenWords(written > 0);
  const where = holdsIds ? '' : `; row i belongs to line i of ${ids}`;
  return `${path}: ${counted(rows, what)}, ${how}${where}\n`;
}

/** Prints or writes rows by ID. @param complain prints a line on standard error. */
export async function showRows(
  { given, ids, ...options }: GetCommand,
  output: NodeJS.WriteStream,
  complain: (text: string) => void,
): Promise<void> {
  if (options.output !== undefined && options.json)
    throw new UsageError('--json is for rows that are printed; leave it or --output out');
  const wanted = [...given, ...(await idsListed(ids))];
  if (wanted.length === 0) throw new UsageError('name at least one ID, or a file of them with --ids');
  const print = (text: string) => new Promise<void>((resolve) => output.write(text, () => resolve()));
  const inputs = ids === undefined ? [] : [ids];
  const got = await getRows({ ...options, ids: wanted, inputs }, print);
  const { missing } = got;
  if (missing.unknown.length + missing.quarantined.length > 0)
    complain(`left out: ${missingText(missing, options.folder)}`);
  if (got.file !== undefined) complain(writtenText(got, got.file));
}

/** The IDs of `--ids`. */
export async function idsListed(path: string | undefined): Promise<string[]> {
  if (path === undefined) return [];
  return path === '-' ? idsIn(process.stdin) : listedIds(path);
}

function writtenText({ count, what }: Got, { path, written, ids }: NonNullable<Got['file']>): string {
  const where = ids === null ? '' : `; row i belongs to line i of ${ids}`;
  return `${path}: ${counted(count, what)}, ${writtenWords(written)}${where}`;
}
