import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdsText } from './holds-text.js';

const MIB = 1 << 20;

test.each([0, 1, MIB - 63, MIB - 1, MIB, 2 * MIB - 32, 3 * MIB - 64])(
  'a text that begins at byte %i of 3 MiB is found, also across two reads',
  async (at) => {
    const path = join(await mkdtemp(join(tmpdir(), 'holds-')), 'file');
    const text = 'f0'.repeat(32);
    const bytes = Buffer.alloc(3 * MIB, 0xf0);
    await writeFile(path, bytes);
    expect(await holdsText(path, text)).toBe(false);
    bytes.write(text, at, 'latin1');
    await writeFile(path, bytes);
    expect(await holdsText(path, text)).toBe(true);
  },
);
