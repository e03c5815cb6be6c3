import { lstatSync, readlinkSync } from 'node:fs';
import { rename, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { makeDirectoryDurably, removeDurably, syncDirectory } from '@holdfast/durable';
import type { HubFile } from './listing.js';

/** Links the files into the snapshot; the last one, by which the model is recognized, once the others are durable. */
export async function linkFiles(files: readonly HubFile[], folder: string, blobs: string): Promise<void> {
  const folders = new Set<string>();
  for (const [i, { name, etag }] of files.entries()) {
    const link = join(folder, name);
    await makeDirectoryDurably(dirname(link));
    if (i === files.length - 1) for (const each of folders) await syncDirectory(each);
    await linkTo(relative(dirname(link), join(blobs, etag)), link);
    folders.add(dirname(link));
  }
  for (const each of folders) await syncDirectory(each);
}

async function linkTo(target: string, link: string): Promise<void> {
  const there = lstatSync(link, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() && readlinkSync(link) === target) return;
  const temporary = `${link}.holdfast`;
  await removeDurably(temporary);
  await symlink(target, temporary);
  await rename(temporary, link);
}
