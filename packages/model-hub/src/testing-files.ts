import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that a loopback hub serves. */
export interface Served {
  name: string;
  bytes: Buffer;
  sha256: string;
  blobId: string;
  large: boolean;
}

const hex = (algorithm: string, ...parts: (string | Buffer)[]) => {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** Reads a file of a model's folder. */
export function served(folder: string, name: string): Served {
  const bytes = readFileSync(join(folder, name));
  const large = /\.(safetensors|bin|pth?|onnx|model)$/.test(name);
  const blobId = hex('sha1', `blob ${bytes.length}\0`, bytes);
  return { name, bytes, sha256: hex('sha256', bytes), blobId, large };
}

/** What `huggingface_hub` reads from the headers of a file, also of the answer that sends it elsewhere. */
export const factsOf = (
  { large, bytes, sha256, blobId }: Served,
  commit: string,
): Record<string, string> => ({
  'x-repo-commit': commit,
  etag: `"${large ? sha256 : blobId}"`,
  'accept-ranges': 'bytes',
  ...(large ? { 'x-linked-etag': `"${sha256}"`, 'x-linked-size': String(bytes.length) } : {}),
});

/** A file in the facts of a model. */
export const sibling = ({ name, bytes, sha256, blobId, large }: Served) => ({
  rfilename: name,
  size: bytes.length,
  blobId,
  ...(large ? { lfs: { sha256, size: bytes.length, pointerSize: 130 } } : {}),
});

/** A file in a listing of a commit, which Python asks for. */
export const treeEntry = ({ name, bytes, sha256, blobId, large }: Served) => ({
  type: 'file',
  path: name,
  size: bytes.length,
  oid: blobId,
  ...(large ? { lfs: { oid: sha256, size: bytes.length, pointerSize: 130 } } : {}),
});

/** The commit of a folder: equal contents, equal commit. */
export const commitOf = (files: readonly Served[]) =>
  hex('sha1', files.map(({ name, sha256 }) => `${name} ${sha256}`).join('\n'));
