import { spawnSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { openInput } from '../src/files/open-input.js';
import { sample } from '../src/testing/sample.js';

/** Text of 1 MB that is hard to compress, and 2 MB that is easy. */
function large(): Buffer {
  const noise = Buffer.alloc(1_000_000);
  let seed = 1;
  for (let i = 0; i < noise.length; i++) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    noise[i] = i % 61 === 60 ? 0x0a : 0x41 + (seed >>> 27);
  }
  return Buffer.concat([noise, ...Array.from({ length: 4 }, sample)]);
}
const contents = [Buffer.alloc(0), Buffer.from('>a\nACGT\n'), large()];

async function read(bytes: Buffer): Promise<Buffer> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
    bytes.subarray(65_536 * i, 65_536 * (i + 1)),
  );
  const input = await openInput('-', { stdin: Readable.from(pieces) });
  const parts: Uint8Array[] = [];
  for await (const part of input.chunks()) parts.push(part);
  input.close();
  return Buffer.concat(parts);
}

describe.each([
  ['gzip', ['-1'], ['-9']],
  ['bzip2', ['-1'], ['-5'], ['-9']],
  ['xz', ['-0'], ['-6'], ['-9e'], ['--check=sha256', '--block-size=500000', '-3']],
  ['zstd', ['-1'], ['-3'], ['-19'], ['--ultra', '-22'], ['--long=24', '-5'], ['--no-check', '--fast=5']],
])('what %s compresses', (tool, ...settings) => {
  const missing = spawnSync(tool, ['--version']).error !== undefined;
  if (missing) console.warn(`LEFT OUT: there is no ${tool}`);
  test.skipIf(missing).each(settings.map((args) => [args]))('with %j is read back', async (args) => {
    for (const content of contents) {
      const made = spawnSync(tool, ['-c', ...args], { input: content, maxBuffer: 1 << 28 });
      expect(made.status).toBe(0);
      expect((await read(made.stdout)).equals(content)).toBe(true);
    }
  });
});
