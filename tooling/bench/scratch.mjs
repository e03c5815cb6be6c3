import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';

/**
 * A new folder below another, gone when this process ends, be it by an error or by SIGINT or SIGTERM; and a way to run
 * Node on a script meanwhile, which gives its standard output. A signal is passed on, and what runs is waited for: it may
 * still write.
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
