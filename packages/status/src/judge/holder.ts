/** Who holds a lock, by what it wrote into the lock file. */
export interface Holder {
  pid: number;
  host: string;
}

/** Null for another text. */
export function holderIn(name: string | null): Holder | null {
  const [, pid, host] = /^process (\d{1,10}) on (\S+)$/.exec(name ?? '') ?? [];
  return pid === undefined || host === undefined ? null : { pid: Number(pid), host };
}
