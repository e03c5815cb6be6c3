// Every temporary file of a test run goes into one folder, which is removed when the run ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export default function setup() {
  // Called by each project of a test run.
  if (basename(tmpdir()).startsWith('holdfast-test-')) return;
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
