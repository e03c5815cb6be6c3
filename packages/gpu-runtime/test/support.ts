import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';

/** Absolute path of a file or folder of this package. */
export const inPackage = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
export const fixture = (name: string) => inPackage(`test/fixtures/${name}`);

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A folder for the current test with `files` in it; objects are written as JSON. */
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

type Element = 'float32' | 'int32' | 'int64' | 'float16';
type Interface = Record<string, readonly [Element, readonly (string | number)[]]>;
/** The graph-writing functions of `models/tnf/onnx-encode.mjs`. */
export type Encode = Record<
  'node' | 'constant' | 'input' | 'output' | 'model',
  (...of: unknown[]) => Buffer
> &
  Record<'FLOAT' | 'INT32' | 'INT64', number>;

/** A graph with these inputs and outputs; without nodes it can be resolved but not loaded. */
export async function graph(
  inputs: Interface,
  outputs: Interface,
  nodes: (encode: Encode) => Buffer[] = () => [],
): Promise<Buffer> {
  const encode = (await import(inPackage('models/tnf/onnx-encode.mjs'))) as Encode;
  const types: Record<Element, number> = { float32: 1, int32: 6, int64: 7, float16: 10 };
  const list = (of: Interface, write: Encode['input']) =>
    Object.entries(of).map(([name, [type, shape]]) => write(name, types[type], shape));
  return encode.model('made by a test', 18, [
    ...list(inputs, encode.input),
    ...list(outputs, encode.output),
    ...nodes(encode),
  ]);
}

/** A length-delimited protobuf field with a number below 16 and fewer than 128 bytes. */
export const block = (field: number, ...parts: (string | Buffer)[]): Buffer => {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([Buffer.from([field * 8 + 2, content.byteLength]), content]);
};

/** A TensorProto's fields: one float32 at the start of a file beside the graph. */
export const outside = (name: string, file: string): Buffer =>
  Buffer.concat([
    Buffer.from([1 * 8, 1, 2 * 8, 1]),
    block(8, name),
    block(13, block(1, 'location'), block(2, file)),
    block(13, block(1, 'length'), block(2, '4')),
    Buffer.from([14 * 8, 1]),
  ]);

/** A field that no reader knows: changes a file's bytes but not its graph. */
export const UNKNOWN_FIELD = Buffer.from([0xf8, 0x3f, 5]);

/** The genome of phage lambda, 48,502 bases. */
export async function lambda(): Promise<string> {
  const text = gunzipSync(await readFile(fixture('lambda_virus.fa.gz'))).toString('latin1');
  return text.replace(/^>.*/, '').replace(/\s/g, '');
}

/** 45 globins. */
export async function globins(): Promise<string[]> {
  const records = (await readFile(fixture('globins45.faa'), 'latin1')).split(/^>/m).slice(1);
  return records.map((record) => record.slice(record.indexOf('\n')).replace(/\s/g, ''));
}
