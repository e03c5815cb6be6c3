import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const DEMO = pathToFileURL(join(import.meta.dirname, '../demo.mjs')).href;

test('the demo kills a run, keeps what was saved, and ends with the bytes of an undisturbed run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  // A process of its own, as a person starts it.
  const script = `
    import { demo } from ${JSON.stringify(DEMO)};
    const said = [];
    const facts = await demo({ folder: ${JSON.stringify(folder)}, say: (line) => said.push(line) });
    console.log(JSON.stringify({ ...facts, said: said.join('\\n') }));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const { signal, kept, all, digests, said } = JSON.parse(stdout);
  expect(signal).toBe('SIGKILL');
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(all);
  expect(digests.killed).toMatch(/^[0-9a-f]{64}$/);
  expect(digests.killed).toBe(digests.undisturbed);
  expect(said).toContain(`It kept ${kept.toLocaleString('en-US')} of ${all.toLocaleString('en-US')}`);
  // No event of a run is shown as it is.
  expect(said).not.toContain('{"');
  expect(said.split('\n').length).toBeLessThan(35);
}, 300_000);
