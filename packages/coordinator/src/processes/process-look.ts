import { readFileSync } from 'node:fs';

/** A process's state as the kernel shows it. */
export interface ProcessLook {
  /** Whether a signal (SIGSTOP, SIGTSTP) or a debugger stopped it. */
  stopped: boolean;
  /** Processor time it has used so far, milliseconds. */
  cpuMs: number;
}

/** Linux reports processor time in hundredths of a second. */
const TICK_MS = 10;

/** Looks at a process; null if the system does not show it. Reads a small file of `/proc`, about 20 µs. */
export function lookAtProcess(pid: number | undefined, root = '/proc'): ProcessLook | null {
  if (pid === undefined) return null;
  try {
    return parseStat(readFileSync(`${root}/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** One line: pid, name in parentheses (which may hold anything), state, …; proc(5). */
function parseStat(text: string): ProcessLook | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) return null;
  return { stopped: fields[0] === 'T' || fields[0] === 't', cpuMs: ticks * TICK_MS };
}
