import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatMarker } from '@holdfast/checkpoint';
import { crc32 } from '@holdfast/pt-serializer';
import { formatChecked } from '@holdfast/run-folder';
import { type Report, verify } from '@holdfast/verify';

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** Runs the command as a user does. @returns its exit code or signal, and what it prints. */
export async function said(args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const [code, signal] = await once(child, 'close');
  return { code, signal, text, stderr };
}

/** Looks at a run in this process. */
export const look = (folder: string, options: { quick?: boolean; repair?: boolean } = {}): Promise<Report> =>
  verify({ folder, ...options, signal: new AbortController().signal });

/** What a report says against a run. */
export const faultsOf = ({ faults }: Report): string[] =>
  faults.map(({ file, place, problem }) => `${file}${place === undefined ? '' : `, ${place}`}: ${problem}`);

/** Makes a checkpoint's marker fit its bytes. */
export async function fitMarker(path: string): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(`${path}.done`, formatMarker({ bytes: bytes.length, crc32: crc32(bytes) }));
}

/** Makes `result.json` fit the files that it names. */
export async function fitResult(out: string): Promise<void> {
  const path = join(out, 'result.json');
  const { sha256: _, ...record } = JSON.parse(await readFile(path, 'utf8'));
  for (const entry of record.files) {
    const bytes = await readFile(join(out, entry.file));
    entry.bytes = bytes.length;
    entry.sha256 = createHash('sha256').update(bytes).digest('hex');
  }
  await writeFile(path, formatChecked(record));
}

/** Exchanges two ranges of the same length. */
export function exchange(bytes: Buffer, one: number, other: number, length: number): void {
  const kept = Buffer.from(bytes.subarray(one, one + length));
  bytes.copy(bytes, one, other, other + length);
  kept.copy(bytes, other);
}
