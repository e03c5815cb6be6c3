import { readFileSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { type Mount, mountOf } from '@holdfast/file-lock';
import type { Layout } from '@holdfast/run-folder';
import * as z from '@holdfast/schema';

/** What a node says about a lock that another machine holds, or does not. */
const answerSchema = z.object({
  lock_proof: z.literal(1),
  host: z.string(),
  /** Whether it sees what the other machine wrote. */
  sees: z.boolean(),
  /** What became of its try to take the lock; null if it sees another folder. */
  lock: z.enum(['granted', 'refused', 'unsupported']).nullable(),
  /** Why, in words; null if nothing is wrong. */
  reason: z.string().nullable(),
  mount: z.object({ type: z.string(), options: z.string() }).nullable(),
});

export type ProofAnswer = z.infer<typeof answerSchema>;

/** The files of a proof. The lock file stays, as all lock files do. @param nonce hexadecimal digits. */
export const proofFiles = ({ cluster }: Pick<Layout, 'cluster'>, nonce: string) => ({
  lock: join(cluster, '.lock-proof'),
  /** Written by the machine that asks, and by the node. */
  here: join(cluster, `.lock-proof.${nonce}.here.tmp`),
  there: join(cluster, `.lock-proof.${nonce}.there.tmp`),
});

/** What distinguishes a proof from all others. */
export const isNonce = (text: string): boolean => /^[0-9a-f]{8,64}$/.test(text);

/** How a folder is mounted here; null if the system does not say. */
export function mountAt(folder: string): Mount | null {
  try {
    return mountOf(readFileSync('/proc/self/mountinfo', 'utf8'), realpathSync(folder));
  } catch {
    return null;
  }
}

/** A small text; null if there is no such file. */
export async function textIn(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESTALE'].includes(systemErrorCode(error) ?? '')) return null;
    throw error;
  }
}

/** The answer among the lines that a node printed, and those that its prolog did; null if there is none. */
export function answerIn(stdout: string): ProofAnswer | null {
  for (const line of stdout.split('\n').reverse()) {
    if (!line.trimStart().startsWith('{')) continue;
    try {
      const parsed = answerSchema.safeParse(JSON.parse(line));
      if (parsed.success) return parsed.data;
    } catch {
      // Somebody else's line.
    }
  }
  return null;
}
