import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockCount } from './block-sums.js';
import { FILES, INDEX_FORMATS, type IndexSummary, SUMMED, summarySchema } from './format.js';
import { IndexError } from './index-error.js';
import { damaged, PositionalFile, unreadable } from './positional-file.js';
import { type IndexFiles, type IndexTables, SequenceIndex } from './sequence-index.js';

/**
 * Opens an index that `buildIndex` wrote, and checks that its files are consistent (sizes and ends, not every
 * byte). Holds only the tables of buckets and batches and the block checksums in memory, 4 bytes per entry.
 *
 * @param digest expected SHA-256 of its `summary.json`, from the run record; absent: any.
 * @param unsummed whether to read an index of an earlier version too, which has no `blocks.bin`: its reads are then not checked.
 * @throws IndexError that names the file: `index_missing`, `index_format`, `index_damaged`,
 * `index_unreadable`, or `index_other` if `digest` does not match.
 */
export async function openIndex(
  folder: string,
  digest?: string,
  { unsummed = false }: { unsummed?: boolean } = {},
): Promise<SequenceIndex> {
  const path = join(folder, FILES.summary);
  const { summary, digest: found } = await readSummary(folder);
  if (digest !== undefined && found !== digest)
    throw new IndexError('index_other', path, 'it is not the summary of the index that this run built');
  const opened: PositionalFile[] = [];
  const open = async (name: string) => {
    const file = await PositionalFile.open(join(folder, name));
    opened.push(file);
    return file;
  };
  try {
    const files: IndexFiles = {
      residues: await open(FILES.residues),
      residueOffsets: await open(FILES.residueOffsets),
      ids: await open(FILES.ids),
      idOffsets: await open(FILES.idOffsets),
      order: await open(FILES.order),
      ...(summary.format === 3 && { originals: await open(FILES.originals) }),
      ...(summary.files.descriptions !== undefined && { descriptions: await open(FILES.descriptions) }),
    };
    const bucketFile = await open(FILES.windows);
    const batchFile = await open(FILES.batches);
    const startFile = summary.format === 3 ? await open(FILES.starts) : undefined;
    const { sequences, windows, batches, residues, copies = 0 } = summary;
    const positions = sequences - copies;
    checkSize(files.residueOffsets, 8 * (sequences + 1));
    checkSize(files.idOffsets, 8 * (sequences + 1));
    checkSize(files.order, 4 * positions);
    if (files.originals) checkSize(files.originals, 4 * sequences);
    if (files.descriptions) checkSize(files.descriptions, summary.description_bytes ?? 0);
    if (startFile) checkSize(startFile, 4 * (windows + 1));
    checkSize(bucketFile, 4 * (windows + 1));
    checkSize(batchFile, 4 * (batches + 1));
    checkSize(files.residues, residues);
    const { blocks } = summary.files;
    if (blocks === undefined && !unsummed) throw damaged(path, 'files.blocks: it is missing');
    if (blocks !== undefined) {
      const blockFile = await open(FILES.blocks);
      const summed = {
        ...files,
        windows: bucketFile,
        batches: batchFile,
        ...(startFile && { starts: startFile }),
      };
      await expectBlocks(blockFile, summed, { names: SUMMED[summary.format], digest: blocks });
      await blockFile.close();
    }
    await checkLast(files.residueOffsets, sequences, residues);
    await checkLast(files.idOffsets, sequences, files.ids.size);
    const buckets = await readStarts(bucketFile, windows, sequences);
    const tables = {
      buckets,
      starts: startFile ? await readStarts(startFile, windows, positions, { empty: true }) : buckets,
      batches: await readStarts(batchFile, batches, positions),
    };
    checkBuckets(batchFile, tables);
    await startFile?.close();
    await bucketFile.close();
    await batchFile.close();
    return new SequenceIndex(summary, found, files, tables);
  } catch (error) {
    for (const file of opened) await file.close();
    throw error;
  }
}

/** An index's summary; null if it cannot be read. */
export async function indexSummary(folder: string): Promise<IndexSummary | null> {
  return readSummary(folder).then(
    ({ summary }) => summary,
    () => null,
  );
}

/**
 * Enables the check of every later read against the block checksums, and checks these against the summary.
 */
async function expectBlocks(
  blockFile: PositionalFile,
  files: Partial<Record<(typeof SUMMED)[3][number], PositionalFile>>,
  { names, digest }: { names: readonly (keyof typeof files)[]; digest: string },
): Promise<void> {
  const count = names.reduce((sum, name) => sum + blockCount(files[name]!.size), 0);
  checkSize(blockFile, Uint32Array.BYTES_PER_ELEMENT * count);
  const bytes = await blockFile.read(0, blockFile.size);
  if (createHash('sha256').update(bytes).digest('hex') !== digest)
    throw damaged(blockFile.path, 'its bytes are not those that were written');
  const sums = Uint32Array.from({ length: count }, (_, i) => bytes.readUInt32LE(4 * i));
  let at = 0;
  for (const name of names) {
    const file = files[name]!;
    const blocks = blockCount(file.size);
    await file.expect(sums.subarray(at, at + blocks));
    at += blocks;
  }
}

/**
 * An index's summary, and the SHA-256 of its file.
 *
 * @throws IndexError: `index_missing`, `index_format`, `index_damaged` or `index_unreadable`.
 */
export async function readSummary(folder: string): Promise<{ summary: IndexSummary; digest: string }> {
  const path = join(folder, FILES.summary);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path, 'it is not JSON');
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && !INDEX_FORMATS.some((known) => known === format)) {
    const known = INDEX_FORMATS.join(' and ');
    throw new IndexError('index_format', path, `it has format ${format}, but this version reads ${known}`);
  }
  const parsed = summarySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(path, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
  }
  return { summary: parsed.data, digest: createHash('sha256').update(text).digest('hex') };
}

function checkSize(file: PositionalFile, due: number): void {
  if (file.size !== due) throw damaged(file.path, `it has ${file.size} bytes instead of ${due}`);
}

async function checkLast(offsets: PositionalFile, sequences: number, due: number): Promise<void> {
  const [last] = await offsets.readU64(sequences, sequences);
  if (last !== due) throw damaged(offsets.path, `its last offset is ${last} instead of ${due}`);
}

/** @param empty whether a range may be empty. */
async function readStarts(
  file: PositionalFile,
  count: number,
  sequences: number,
  { empty = false } = {},
): Promise<Uint32Array> {
  const starts = await file.readU32(0, count + 1);
  const rising = starts.every(
    (start, i) => i === 0 || start > starts[i - 1]! || (empty && start === starts[i - 1]),
  );
  if (!rising || starts[0] !== 0 || starts[count] !== sequences) {
    throw damaged(file.path, `its ranges do not cover the ${sequences} sequences in order`);
  }
  return starts;
}

/** A batch that spanned two buckets would be read from only one of them. */
function checkBuckets(batchFile: PositionalFile, { starts, batches }: IndexTables): void {
  let batch = 0;
  for (const start of starts) {
    while (batches[batch]! < start) batch++;
    if (batches[batch] !== start) throw damaged(batchFile.path, `one of its batches spans two buckets`);
  }
}
