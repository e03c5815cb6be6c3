import { createContext, Script } from 'node:vm';

let script: Script | undefined;
const context: { work?: () => void } = {};

/**
 * Does work that may never end, such as matching a regular expression that backtracks.
 *
 * @returns false if it took longer than the limit, and was cut off.
 */
export function withinTime(limitMs: number, work: () => void): boolean {
  // Only this way can the engine be told to interrupt a match.
  script ??= new Script('work()');
  if (context.work === undefined) createContext(context);
  context.work = work;
  try {
    script.runInContext(context, { timeout: limitMs });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | null)?.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}
