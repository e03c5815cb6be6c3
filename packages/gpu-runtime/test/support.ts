import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** Absolute path of a file or folder of this package. */
export const inPackage = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const fixture = (name: string) => inPackage(`test/fixtures/${name}`);

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A folder for the test that runs; `files` are written into it, objects as JSON. */
export async function folderWith(files: Record<string, unknown> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'model-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(join(folder, name), raw ? content : JSON.stringify(content));
  }
  return folder;
}

/** A copy of a model folder that a test may change. */
export async function copyOf(folder: string): Promise<string> {
  const copy = await folderWith();
  await cp(folder, copy, { recursive: true });
  return copy;
}

/** Runs a script of this package that writes a model into a folder, and returns the folder. */
export async function made(script: string): Promise<string> {
  const folder = await folderWith();
  execFileSync(process.execPath, [inPackage(script), folder]);
  return folder;
}
