import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { PtFormatError } from './format-error.js';
import { openPt } from './open.js';

const folder = fileURLToPath(new URL('../test/attacks/', import.meta.url));
/**
 * Made by tooling/fuzz/attacks.mjs: by name, the code of the refusal, or null if the file is
 * odd but harmless.
 */
const attacks = JSON.parse(readFileSync(`${folder}attacks.json`, 'utf8')) as Record<
  string,
  { code: string | null; says: string }
>;

async function read(path: string): Promise<void> {
  await using file = await openPt(path);
  await file.verify();
  for (const { tensor } of file.tensors()) await tensor.readBytes();
}

for (const [name, { code, says }] of Object.entries(attacks)) {
  test(`${name}: ${code ?? 'read'}`, async () => {
    const path = `${folder}${name}.pt`;
    const error = await read(path).catch((error: unknown) => error);
    expect(existsSync('pwned')).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    if (code === null) return expect(error).toBeUndefined();
    expect(error).toBeInstanceOf(PtFormatError);
    expect(error).toMatchObject({ code, path });
    expect((error as Error).message).toContain(says);
    expect((error as Error).message).toContain(`${name}.pt`);
  });
}
