import { open } from 'node:fs/promises';
import { openPt } from '@holdfast/pt-serializer';
import type { FormatName } from '@holdfast/run-folder';

/** What a file of embeddings says of itself. */
export interface StoredFacts {
  facts: Readonly<Record<string, string>>;
  /** Names of the columns, if the model has them. */
  columns: readonly string[] | null;
}

/** What a file of embeddings says of its rows; null if its format has no room for that. The file is known to be whole. */
export async function storedFacts(path: string, format: FormatName): Promise<StoredFacts | null> {
  if (format === 'npy') return null;
  if (format === 'pt') {
    await using file = await openPt(path, { checksums: 'never' });
    const metadata = (file.value as ReadonlyMap<string, unknown>).get('metadata');
    if (!(metadata instanceof Map)) return null;
    const { columns = null, ...facts } = Object.fromEntries(metadata) as Record<string, string> & {
      columns?: string[];
    };
    return { facts, columns };
  }
  const { columns, ...facts } = await metadataIn(path);
  return { facts, columns: columns === undefined ? null : columns.split(',') };
}

/** `__metadata__` in the header of a `.safetensors`. */
async function metadataIn(path: string): Promise<Record<string, string>> {
  const file = await open(path, 'r');
  try {
    const length = Buffer.alloc(8);
    await file.read(length, 0, 8, 0);
    const header = Buffer.alloc(Number(length.readBigUInt64LE()));
    await file.read(header, 0, header.length, 8);
    return (JSON.parse(header.toString()) as { __metadata__?: Record<string, string> }).__metadata__ ?? {};
  } finally {
    await file.close();
  }
}
