import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type DurableFileSystem, nodeFileSystem } from '@holdfast/durable';

/*
 * A model of the states after a crash, after Pillai et al., "All File Systems Are Not Created Equal" (OSDI
 * 2014, ALICE): each unsynced change may be present, missing, or present in part, independently of the
 * others. Each operation on a folder (a name created, moved or removed) is atomic, and durable only once the
 * folder is synced; a file's bytes are durable only once the file is synced.
 */

/** One file: its bytes on the device, and the changes since. */
interface Inode {
  durable: Buffer;
  pending: ({ kind: 'truncate' } | { kind: 'write'; at: number; bytes: Buffer })[];
}

type Operation =
  | { kind: 'truncate' | 'sync'; inode: Inode }
  | { kind: 'write'; inode: Inode; bytes: Buffer }
  | { kind: 'link'; name: string; inode: Inode }
  | { kind: 'rename'; from: string; to: string; inode: Inode }
  | { kind: 'unlink'; name: string }
  | { kind: 'syncFolder' };

/** Chooses one of `n` alternatives, 0 to n - 1. */
export type Pick = (n: number) => number;

/** A sync that a test can leave out. */
export type SyncOf = 'pt' | 'marker' | 'folder after pt' | 'folder after marker';

/** A file system over one folder that records its operations. */
export class CrashFileSystem implements DurableFileSystem {
  readonly operations: Operation[] = [];
  readonly #names = new Map<string, Inode>();
  readonly #initial = new Map<string, Inode>();
  readonly #without: SyncOf | null;
  #lastRename = '';

  private constructor(without: SyncOf | null) {
    this.#without = without;
  }

  /** @param without a sync to leave out, to show that its absence is detected. */
  static async over(folder: string, without: SyncOf | null = null): Promise<CrashFileSystem> {
    const fs = new CrashFileSystem(without);
    for (const name of await readdir(folder)) {
      const inode = { durable: await readFile(join(folder, name)), pending: [] };
      fs.#initial.set(name, inode);
      fs.#names.set(name, inode);
    }
    return fs;
  }

  async create(path: string, options?: { onlyNew?: boolean }) {
    const name = basename(path);
    const file = await nodeFileSystem.create(path, options);
    let inode = this.#names.get(name);
    if (inode) this.operations.push({ kind: 'truncate', inode });
    else {
      inode = { durable: Buffer.alloc(0), pending: [] };
      this.#names.set(name, inode);
      this.operations.push({ kind: 'link', name, inode });
    }
    const opened = inode;
    return {
      write: async (bytes: Uint8Array) => {
        // One operation only if the system wrote it in one call; a write may be short.
        const half = Math.ceil(bytes.length / 2);
        for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
          if (part.length === 0) continue;
          await file.write(part);
          this.operations.push({ kind: 'write', inode: opened, bytes: Buffer.from(part) });
        }
      },
      sync: async () => {
        await file.sync();
        if (this.#without !== (name.includes('.done') ? 'marker' : 'pt'))
          this.operations.push({ kind: 'sync', inode: opened });
      },
      close: () => file.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await nodeFileSystem.rename(from, to);
    const [source, target] = [basename(from), basename(to)];
    const inode = this.#names.get(source)!;
    this.#names.delete(source);
    this.#names.set(target, inode);
    this.#lastRename = target;
    this.operations.push({ kind: 'rename', from: source, to: target, inode });
  }

  /** Like Linux: adds the second name, then removes the first. */
  async renameToFree(from: string, to: string): Promise<void> {
    await nodeFileSystem.renameToFree(from, to);
    const [source, target] = [basename(from), basename(to)];
    const inode = this.#names.get(source)!;
    this.#names.set(target, inode);
    this.#names.delete(source);
    this.#lastRename = target;
    this.operations.push({ kind: 'link', name: target, inode }, { kind: 'unlink', name: source });
  }

  async remove(path: string): Promise<void> {
    await nodeFileSystem.remove(path);
    if (this.#names.delete(basename(path))) this.operations.push({ kind: 'unlink', name: basename(path) });
  }

  makeDirectory = nodeFileSystem.makeDirectory;

  async syncDirectory(path: string): Promise<void> {
    await nodeFileSystem.syncDirectory(path);
    const after = this.#lastRename.endsWith('.done') ? 'folder after marker' : 'folder after pt';
    if (this.#without !== after) this.operations.push({ kind: 'syncFolder' });
  }

  /** Creates a folder in a possible state after a crash following the first `count` operations. */
  async crash(count: number, folder: string, pick: Pick): Promise<void> {
    await mkdir(folder, { recursive: true });
    const inodes = new Map<Inode, Inode>();
    const names = new Map<string, Inode>();
    const copy = (inode: Inode): Inode => {
      let made = inodes.get(inode);
      if (!made) {
        made = { durable: inode.durable, pending: [] };
        inodes.set(inode, made);
      }
      return made;
    };
    for (const [name, inode] of this.#initial) names.set(name, copy(inode));
    let moves: Operation[] = [];
    const apply = (operation: Operation) => {
      if (operation.kind === 'link') names.set(operation.name, copy(operation.inode));
      if (operation.kind === 'unlink') names.delete(operation.name);
      if (operation.kind !== 'rename') return;
      const inode = copy(operation.inode);
      if (names.get(operation.from) === inode) names.delete(operation.from);
      names.set(operation.to, inode);
    };
    for (const operation of this.operations.slice(0, count)) {
      switch (operation.kind) {
        case 'truncate':
          copy(operation.inode).pending.push({ kind: 'truncate' });
          break;
        case 'write': {
          const inode = copy(operation.inode);
          inode.pending.push({ kind: 'write', at: sizeOf(inode), bytes: operation.bytes });
          break;
        }
        case 'sync': {
          const inode = copy(operation.inode);
          inode.durable = contentOf(inode, () => 0);
          inode.pending = [];
          break;
        }
        case 'syncFolder':
          moves.forEach(apply);
          moves = [];
          break;
        default:
          moves.push(operation);
      }
    }
    for (const move of moves) if (pick(2) === 0) apply(move);
    for (const [name, inode] of names) await writeFile(join(folder, name), contentOf(inode, pick));
  }
}

/** Bytes of a file with all changes applied. */
function sizeOf({ durable, pending }: Inode): number {
  const last = pending.at(-1);
  if (!last) return durable.length;
  return last.kind === 'truncate' ? 0 : last.at + last.bytes.length;
}

/**
 * A possible content of a file: each change whole (choice 0), missing, only its first half, or zeros of its
 * length.
 */
function contentOf({ durable, pending }: Inode, pick: Pick): Buffer {
  let content = Buffer.from(durable);
  for (const change of pending) {
    if (change.kind === 'truncate') {
      if (pick(2) === 0) content = Buffer.alloc(0);
      continue;
    }
    const way = pick(4);
    if (way === 1) continue;
    const { at, bytes } = change;
    const kept =
      way === 2 ? bytes.subarray(0, bytes.length >> 1) : way === 3 ? Buffer.alloc(bytes.length) : bytes;
    const larger = Buffer.alloc(Math.max(content.length, at + kept.length));
    content.copy(larger);
    kept.copy(larger, at);
    content = larger;
  }
  return content;
}
