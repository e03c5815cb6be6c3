import type { HubClient } from './client.js';
import { HubError } from './hub-error.js';
import { formatHubName, type HubName, isCommit } from './hub-name.js';

/** A file of a model on the hub. */
export interface HubFile {
  /** Its path in the model, with `/`. */
  name: string;
  bytes: number;
  /** Its name in the cache, and its checksum: SHA-256 of large files, git's SHA-1 of others; hex. */
  etag: string;
}

/** A model as it is on the hub. */
export interface Listing {
  commit: string;
  files: HubFile[];
}

/** The most bytes of a listing that are read. */
const MOST = 64 * 1024 * 1024;

/**
 * Asks which files a model has.
 *
 * @throws HubError; `hub_bad_answer` if the answer is no listing.
 */
export async function listModel(client: HubClient, name: HubName): Promise<Listing> {
  const path = `api/models/${name.id}/revision/${encodeURIComponent(name.revision)}?blobs=true`;
  for (;;) {
    const { body } = await client.get(path, name);
    const parts: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const part of body) {
        bytes += (part as Buffer).length;
        if (bytes > MOST) break;
        parts.push(part as Buffer);
      }
    } catch (error) {
      await client.failed((error as Error).message, name, { cause: error });
      continue;
    }
    const listing = bytes > MOST ? null : parsed(Buffer.concat(parts).toString('utf8'));
    if (listing !== null) return listing;
    throw new HubError(
      'hub_bad_answer',
      formatHubName(name),
      'the answer is no list of files with sizes and checksums',
      'check HF_ENDPOINT and the proxy (HTTPS_PROXY); a mirror must list blobs as the hub does',
    );
  }
}

function parsed(text: string): Listing | null {
  let value: { sha?: unknown; siblings?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    return null;
  }
  const { sha, siblings } = value ?? {};
  if (typeof sha !== 'string' || !isCommit(sha) || !Array.isArray(siblings)) return null;
  const files = siblings.map(fileOf);
  return files.includes(null) ? null : { commit: sha, files: files as HubFile[] };
}

interface Sibling {
  rfilename?: unknown;
  size?: unknown;
  blobId?: unknown;
  lfs?: { sha256?: unknown } | null;
}

function fileOf(sibling: Sibling | null): HubFile | null {
  const { rfilename: name, size: bytes, blobId, lfs } = sibling ?? {};
  const etag = lfs == null ? blobId : lfs.sha256;
  const isEtag = typeof etag === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag);
  if (typeof name !== 'string' || !isEtag || !Number.isSafeInteger(bytes) || Number(bytes) < 0) return null;
  return { name, bytes: Number(bytes), etag };
}
