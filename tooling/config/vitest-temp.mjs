// Every temporary file of a test run goes into one folder, which is removed when the run ends. Tests in process get one in memory where
// there is room, since they wait for the disk at each sync and no machine loses power under them.
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const MEMORY = '/dev/shm';
const ROOM = 2 ** 30;

/** Whether the system has a folder in memory with room for what the tests write. */
function memory() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM;
  } catch {
    return false;
  }
}

export default function setup() {
  // Called by each project of a test run.
  if (basename(tmpdir()).startsWith('holdfast-test-')) return;
  const folders = [tmpdir(), ...(memory() ? [MEMORY] : [])].map((place) =>
    mkdtempSync(join(place, 'holdfast-test-')),
  );
  process.env.TMPDIR = folders[0];
  process.env.TEST_IN_MEMORY = folders.at(-1);
  // A cache that keeps nothing: no test sees what another computed, or the user's own.
  process.env.HOLDFAST_CACHE = devNull;
  return () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  };
}
