// For tests beside the sources: they start no process, so they are quick and see only the sources.
import child_process from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

/** Programs that only create a test's input. */
const ALLOWED = new Set(['mkfifo']);

for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync']) {
  const start = child_process[name];
  const checked = (program, ...rest) => {
    if (ALLOWED.has(program)) return start(program, ...rest);
    throw new Error(`a test in src/ starts a process (${name} ${program}): move it to its package's test/`);
  };
  child_process[name] = Object.defineProperties(checked, Object.getOwnPropertyDescriptors(start));
}
syncBuiltinESMExports();

process.env.TMPDIR = process.env.TEST_IN_MEMORY;
