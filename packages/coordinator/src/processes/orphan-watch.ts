import { Worker } from 'node:worker_threads';

/** The longest time a Node timer takes, milliseconds; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Ends this process when its parent is gone and it does not end by itself: kills it with SIGKILL `graceMs` milliseconds
 * after. For a process whose main thread may be in a native call that never returns, and that would live for ever then,
 * with all that it holds. The watch is a thread of its own that looks once a second; it keeps no process alive, prints
 * nothing, and costs about 10 MB. Where no thread can be had, such as without Node's permission, there is no watch.
 *
 * It goes by a change of the parent's number. A number that was given to a new process deceives nobody, since an orphan
 * goes to one of its ancestors (init, or a subreaper, whatever its number), and these are older than it. On Windows
 * nothing changes, and so nothing is done.
 *
 * @throws RangeError for a grace that is no time.
 */
export function watchForOrphaning(graceMs: number): void {
  if (!(graceMs >= 0)) throw new RangeError(`orphanGraceMs must be milliseconds, at least 0, not ${graceMs}`);
  try {
    new Worker(script(process.ppid, Math.min(graceMs, LONGEST)), {
      // Text, and not a file: of a bundle only the one file is sure to be there.
      eval: true,
      name: 'orphan-watch',
      // What this process's Node was told to load is not for this thread.
      execArgv: [],
      env: {},
      // Kept from the main thread's output.
      stdout: true,
      stderr: true,
      // Little, so that it also has room where the process's memory is limited.
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, codeRangeSizeMb: 16 },
    })
      .on('error', () => undefined)
      .unref();
  } catch {
    // A closed channel still tells of the coordinator's end, unless the main thread is blocked.
  }
}

/** A dead process's id could be another's by now; its own is sure. */
const script = (parent: number, graceMs: number) => `
  const timer = setInterval(() => {
    if (process.ppid === ${parent}) return;
    clearInterval(timer);
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${graceMs});
  }, 1000);
`;
