import { Worker } from 'node:worker_threads';

/** Longest delay of a Node timer, milliseconds; a longer one would fire immediately. */
const LONGEST = 2 ** 31 - 1;

/**
 * Kills this process with SIGKILL if it still runs `graceMs` milliseconds after its parent is gone. Without
 * it, a process whose main thread is in a native call that never returns would live forever and keep its
 * resources. The watch is a thread that checks once a second; it keeps no process alive, prints nothing, and
 * costs about 10 MB. If no thread can be created, such as without Node's permission, there is no watch.
 *
 * It detects a change of the parent's pid. A reused pid cannot mislead it: an orphan's new parent is one of
 * its ancestors (init or a subreaper), and those are older than it. On Windows the pid never changes, so the
 * watch does nothing.
 *
 * @throws RangeError for a grace that is not a number of at least 0.
 */
export function watchForOrphaning(graceMs: number): void {
  if (!(graceMs >= 0)) throw new RangeError(`orphanGraceMs must be milliseconds, at least 0, not ${graceMs}`);
  try {
    new Worker(script(process.ppid, Math.min(graceMs, LONGEST)), {
      // Text rather than a file: a bundle may consist of one file only.
      eval: true,
      name: 'orphan-watch',
      // Preloads of this process's Node are not for this thread.
      execArgv: [],
      env: {},
      // Keeps its output out of the main thread's.
      stdout: true,
      stderr: true,
      // Small, to fit into a limited memory.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 16 },
    })
      .on('error', () => undefined)
      .unref();
  } catch {
    // A closed channel still reports the coordinator's end, unless the main thread is blocked.
  }
}

/** Signals its own pid: that of a dead parent may belong to another process by now. */
const script = (parent: number, graceMs: number) => `
  const timer = setInterval(() => {
    if (process.ppid === ${parent}) return;
    clearInterval(timer);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${graceMs});
  }, 1000);
`;
