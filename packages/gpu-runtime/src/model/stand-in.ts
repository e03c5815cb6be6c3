import { ModelError, type ModelErrorCode } from '../model-error.js';

/** Bytes at the start of a file that are checked. */
export const ENOUGH = 256;

/** What a failed download leaves in place of a file; `begins` is text. */
const KINDS: readonly { begins: RegExp; is: string; remedy: string }[] = [
  {
    begins: /^version https:\/\/git-lfs\./,
    is: 'a Git LFS pointer',
    remedy: 'run git lfs pull in its folder',
  },
  { begins: /^\s*<(?:!doctype html|html)\b/i, is: 'a web page', remedy: 'download the file itself' },
];

/**
 * Refuses what a failed download leaves in place of a model's file.
 *
 * @param beginning the first bytes of the file, or all of them.
 * @throws ModelError
 */
export function refuseStandIn(path: string, beginning: Uint8Array, code: ModelErrorCode): void {
  const { buffer, byteOffset, byteLength } = beginning;
  const text = Buffer.from(buffer, byteOffset, Math.min(byteLength, ENOUGH)).toString('latin1');
  const found = KINDS.find(({ begins }) => begins.test(text));
  if (found === undefined) return;
  throw new ModelError(code, path, `is ${found.is}, not the model's file`, found.remedy);
}
