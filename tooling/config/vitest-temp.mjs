// Every temporary file of a test run goes into one folder, which goes when the run ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export default function setup() {
  // Each project of one test run asks for it.
  if (basename(tmpdir()).startsWith('holdfast-test-')) return;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
