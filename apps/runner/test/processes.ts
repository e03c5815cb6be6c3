import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';

// What the kernel tells of processes, by their numbers. One that is gone has no children, no handlers and no port.

const text = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};

/** A process's children whose command line has a word in it. */
export function childrenOf(pid: number, word = ''): number[] {
  const children = text(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return children.filter((child) => text(`/proc/${child}/cmdline`).includes(word));
}

/** Whether a process has a handler of its own for a signal. */
export function listensTo(pid: number, signal: NodeJS.Signals): boolean {
  const caught = /^SigCgt:\s*([\da-f]+)$/m.exec(text(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${caught}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}

/** Whether a signal has stopped a process. */
export const isStopped = (pid: number): boolean => /^State:\s*T/m.test(text(`/proc/${pid}/status`));

/** The files that a process has open, and its sockets. */
export function opened(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    // It is gone, or has closed one meanwhile.
    return [];
  }
}

/** The local addresses on which a process, or a child of it, listens. */
export function portsOf(pid: number): string[] {
  const sockets = new Set([pid, ...childrenOf(pid)].flatMap(opened));
  const LISTEN = '0A';
  return ['tcp', 'tcp6']
    .flatMap((kind) => text(`/proc/${pid}/net/${kind}`).split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === LISTEN && sockets.has(`socket:[${inode}]`))
    .map(([, address]) => address!);
}

/** Resolves once a condition holds; the test's own limit ends it. Leaves the cores to those it waits for. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
