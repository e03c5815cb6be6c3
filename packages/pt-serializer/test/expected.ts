import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A tensor, list or plain value that real PyTorch reads from a fixture. */
export interface Item {
  path: string;
  kind: string;
  dtype?: string;
  shape?: number[];
  stride?: number[];
  requires_grad?: boolean;
  sha256?: string;
  sha256_float64?: string;
  count?: number;
  value?: unknown;
}

/** How real PyTorch reads a fixture. */
export interface Expected {
  must: 'load' | 'reject';
  keys?: string[] | null;
  items?: Item[];
}

export const FIXTURES = fileURLToPath(new URL('./fixtures/', import.meta.url));

/** By fixture name. */
export const expected = JSON.parse(
  // Python writes numbers that JSON cannot express, and more digits than a JSON number keeps.
  readFileSync(`${FIXTURES}expected.json`, 'utf8').replace(
    /: (-?Infinity|NaN|-?\d{16,})(?=[,\s])/g,
    ': "$1"',
  ),
) as Record<string, Expected>;
