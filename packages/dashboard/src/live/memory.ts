import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Status } from '@holdfast/status';
import type { ProcessMemory } from '../wire.js';

/** The memory of the command and its workers, the command first. Empty if they are elsewhere, or the system has no `/proc`. */
export async function memoryOf({ command, workers }: Status): Promise<ProcessMemory[]> {
  if (command?.running !== true || command.host !== hostname() || command.pid === null) return [];
  const processes = [
    { pid: command.pid, slot: null },
    ...workers.flatMap(({ pid, slot }) => (pid === null ? [] : [{ pid, slot }])),
  ];
  const found = await Promise.all(
    processes.map(async (each) => ({ ...each, bytes: await resident(each.pid) })),
  );
  return found.flatMap((each) => (each.bytes === null ? [] : [{ ...each, bytes: each.bytes }]));
}

/** Null for a process that is gone. */
async function resident(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? null : Number(kib) * 1024;
}
