import { createHash } from 'node:crypto';
import { debuglog } from 'node:util';
import { atRest, type FileFacts, factsOf, isFileFacts, KeptRecords, sameFacts } from '@holdfast/options';
import { type FingerprintPart, fingerprintOf } from './fingerprint.js';

const debug = debuglog('holdfast:model');

/** A fingerprint, and what its files were like when it was computed. It holds as long as they are the same. */
export interface FingerprintProof {
  fingerprint: string;
  /** SHA-256, hex, of what else the fingerprint is of: names, parts in memory, settings. */
  of: string;
  files: FileFacts[];
}

export interface ProofOptions {
  /** A proof from another process of this machine. */
  known?: FingerprintProof | undefined;
  records?: Pick<KeptRecords, 'read' | 'keep'>;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/**
 * The fingerprint of a model, as `fingerprintOf` gives it. Files are read only if no proof holds: neither the known one nor the
 * one in the cache.
 *
 * @returns no proof if a file was changed just now, or while it was read.
 * @throws as `fingerprintOf`.
 */
export async function provenFingerprint(
  parts: readonly FingerprintPart[],
  settings: unknown,
  { known, records = new KeptRecords('fingerprints'), now = Date.now }: ProofOptions = {},
): Promise<{ fingerprint: string; proof?: FingerprintProof }> {
  const of = digestOfOthers(parts, settings);
  const files = await allFacts(parts);
  // What is wrong with a file is found by reading it.
  if (files === null) return { fingerprint: await fingerprintOf(parts, settings) };
  const key = [of, files.map(({ path }) => path)];
  const holds = (proof: FingerprintProof) =>
    proof.of === of &&
    proof.files.length === files.length &&
    files.every((facts, i) => sameFacts(facts, proof.files[i]!));
  if (known !== undefined && holds(known)) return { fingerprint: known.fingerprint, proof: known };
  const kept = await records.read(key);
  if (isProof(kept) && holds(kept)) {
    debug('%s: its fingerprint is kept, and its files have not changed since', files[0]?.path);
    return { fingerprint: kept.fingerprint, proof: kept };
  }
  const begun = now();
  const fingerprint = await fingerprintOf(parts, settings);
  const after = await allFacts(parts);
  const proof = { fingerprint, of, files };
  const rests = files.every((facts) => atRest(facts, begun));
  debug('%s: read for its fingerprint; %s', files[0]?.path, rests ? 'kept' : 'changed too recently to keep');
  if (!rests || after === null || !after.every((facts, i) => sameFacts(facts, files[i]!)))
    return { fingerprint };
  await records.keep(key, proof);
  return { fingerprint, proof };
}

/** The first file of a proof that is no longer as it was; undefined if all are. */
export async function firstTouched({ files }: FingerprintProof): Promise<string | undefined> {
  const now = await Promise.all(files.map(({ path }) => factsOf(path).catch(() => null)));
  return files.find((then, i) => now[i] === null || !sameFacts(now[i]!, then))?.path;
}

function digestOfOthers(parts: readonly FingerprintPart[], settings: unknown): string {
  const others = parts.map((part) => [
    part.name,
    'bytes' in part ? createHash('sha256').update(part.bytes).digest('hex') : checked(part),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([others, settings]))
    .digest('hex');
}

/** Which checks a file has passed; earlier versions kept fingerprints without any. */
const checked = ({ weights }: { weights?: true }) => (weights ? 'checked as weights' : 'checked');

async function allFacts(parts: readonly FingerprintPart[]): Promise<FileFacts[] | null> {
  try {
    return await Promise.all(parts.flatMap((part) => ('path' in part ? [factsOf(part.path)] : [])));
  } catch {
    return null;
  }
}

/** Whether a value that was kept, or sent by another process, has the shape of a proof. */
export function isProof(value: unknown): value is FingerprintProof {
  const { fingerprint, of, files } = (value ?? {}) as Partial<Record<keyof FingerprintProof, unknown>>;
  return (
    /^[0-9a-f]{64}$/.test(String(fingerprint)) &&
    typeof of === 'string' &&
    Array.isArray(files) &&
    files.every(isFileFacts)
  );
}
