import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary folder that is removed when this process ends, also by an error, SIGINT or SIGTERM; and a function that runs a Node
 * script and returns its standard output. It passes signals on and waits for the script, which may still write.
 */
export function scratch(parent) {
  const folder = mkdtempSync(join(parent, 'bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  let running = null;
  let interrupted = null;
  const leave = () => process.exit(128 + constants.signals[interrupted]);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.on(signal, () => {
      interrupted = signal;
      if (running) running.kill(signal);
      else leave();
    });
  const run = (...line) =>
    new Promise((resolve, reject) => {
      running = execFile(process.execPath, line, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
        running = null;
        if (interrupted) leave();
        else if (error) reject(new Error(`${line.join(' ')}: ${stderr}`, { cause: error }));
        else resolve(stdout);
      });
    });
  return { folder, run };
}
