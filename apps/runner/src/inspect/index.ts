import { openPt, PtFormatError } from '@holdfast/pt-serializer';
import { ExitCode } from '../errors.js';
import { plain } from '../plain.js';
import { jsonError, jsonLine } from './json.js';
import { tableOf } from './table.js';

/** What `holdfast inspect` was told. */
export interface InspectOptions {
  files: readonly string[];
  /** One JSON object a file instead of a table. */
  json: boolean;
  /** Values shown of each tensor and list. */
  head: number;
}

/** Where lines go. */
export interface InspectOutput {
  line(text: string): void;
  error(text: string): void;
}

/**
 * Shows what `.pt` files hold, executing nothing of them.
 *
 * @returns the exit code: bad input if a file is not read; the others are shown all the same.
 */
export async function inspect({ files, json, head }: InspectOptions, output: InspectOutput): Promise<number> {
  let code: number = ExitCode.complete;
  for (const [i, path] of files.entries()) {
    try {
      const lines = await listing(path, json, head);
      if (!json && files.length > 1) output.line(`${i > 0 ? '\n' : ''}${plain(path)}`);
      for (const line of lines) output.line(line);
    } catch (error) {
      code = ExitCode.badInput;
      if (json) output.line(jsonError(path, error as Error));
      else output.error(reason(path, error as Error));
    }
  }
  return code;
}

/**
 * The lines of one file. A function of its own: what esbuild makes of `await using` in a loop throws the error of one turn
 * in the next.
 */
async function listing(path: string, json: boolean, head: number): Promise<string[]> {
  // For its digest every storage is read, and so compared with its checksum; a table reads at most some rows.
  await using file = await openPt(path, { exact: true, checksums: json ? 'always' : 'whole' });
  return json ? [await jsonLine(path, file)] : await tableOf(file.value, head);
}

function reason(path: string, error: Error): string {
  if (error instanceof PtFormatError) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return `${path}: no such file`;
  return `${path}: ${error.message}`;
}
