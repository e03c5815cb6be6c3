import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Checkpoint, openCheckpoint, writePtDurably } from '@holdfast/checkpoint';
import { tensor } from '@holdfast/pt-serializer';
import { kindOf } from '@holdfast/verify';
import { exchange, fitMarker, fitResult } from './verify-run.js';

/** A run to plant faults in. */
export interface Planted {
  out: string;
  /** Files whose bytes count, within the folder. */
  files: readonly string[];
  /** The manifest as it was in the middle of the run. */
  olderManifest: Buffer;
  /** A checkpoint of a run of the same input with other batches. */
  ofAnotherRun: string;
  dim: number;
}

/** A random fault: its kind, and numbers in [0, 1) that choose where it goes. */
export interface Plant {
  kind: keyof typeof PLANTS;
  file: number;
  place: number;
  value: number;
}

/** Plants a fault. @returns the file that is at fault, within the folder. */
type PlantFault = (run: Planted, where: Omit<Plant, 'kind'>) => Promise<string>;

const pick = <T>(list: readonly T[], share: number): T => list[Math.floor(share * list.length)]!;
const at = (share: number, count: number) => Math.floor(share * count);

/** A file that counts: first a kind of file, so that the many checkpoints do not hide the few others. */
function anyFile({ files }: Planted, share: number): string {
  const kinds = [...new Set(files.map((file) => kindOf(file)!.name))];
  const kind = pick(kinds, share);
  const ofKind = files.filter((file) => kindOf(file)!.name === kind);
  return pick(ofKind, share * kinds.length - Math.floor(share * kinds.length));
}

const checkpoints = ({ files }: Planted) =>
  files.filter((file) => file.endsWith('.pt') && file.includes('/'));

async function change(path: string, edit: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  const bytes = await readFile(path);
  await writeFile(path, edit(bytes) ?? bytes);
}

/** Writes a checkpoint again with other content; the marker and the archive fit it. */
async function rewrite(
  path: string,
  edit: (rows: Float32Array, ids: string[], dim: number) => { rows: Float32Array; ids: string[] },
): Promise<void> {
  let checkpoint: Checkpoint | undefined;
  try {
    checkpoint = await openCheckpoint(path);
    const dim = checkpoint.shape[1];
    const { rows, ids } = edit(await checkpoint.readRows(), [...checkpoint.sequenceIds], dim);
    const metadata = Object.fromEntries(checkpoint.metadata) as Record<string, string | number>;
    await checkpoint[Symbol.asyncDispose]();
    await writePtDurably(path, {
      embeddings: tensor('float32', [ids.length, dim], rows),
      sequence_ids: ids,
      metadata,
    });
    await fitMarker(path);
  } finally {
    await checkpoint?.[Symbol.asyncDispose]().catch(() => undefined);
  }
}

function exchangeRows(rows: Float32Array, one: number, other: number, dim: number): void {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  exchange(bytes, one * dim * 4, other * dim * 4, dim * 4);
}

/** Two rows with different numbers. */
function twoRows(rows: Float32Array, dim: number, share: number): [one: number, other: number] {
  const count = rows.length / dim;
  const text = (row: number) => rows.subarray(row * dim, (row + 1) * dim).join();
  const one = at(share, count);
  for (let step = 1; step < count; step++)
    if (text((one + step) % count) !== text(one)) return [one, (one + step) % count];
  throw new Error('all rows are the same');
}

/** Changes the lines of `ids.txt`; `result.json` fits. */
async function changeIds({ out }: Planted, edit: (lines: string[]) => void): Promise<string> {
  await change(join(out, 'ids.txt'), (bytes) => {
    const lines = bytes.toString().split('\n').slice(0, -1);
    edit(lines);
    return Buffer.from(lines.map((line) => `${line}\n`).join(''));
  });
  await fitResult(out);
  return 'ids.txt';
}

export const PLANTS = {
  async flippedBit(run, { file: share, place, value }) {
    const file = anyFile(run, share);
    await change(join(run.out, file), (bytes) => {
      bytes[at(place, bytes.length)]! ^= 1 << at(value, 8);
      return undefined;
    });
    return file;
  },
  async otherByte(run, { file: share, place, value }) {
    const file = anyFile(run, share);
    await change(join(run.out, file), (bytes) => {
      const where = at(place, bytes.length);
      bytes[where] = (bytes[where]! + 1 + at(value, 255)) % 256;
      return undefined;
    });
    return file;
  },
  async cutOff(run, { file: share, place }) {
    const file = anyFile(run, share);
    await change(join(run.out, file), (bytes) => bytes.subarray(0, at(place, bytes.length)));
    return file;
  },
  async longer(run, { file: share, value }) {
    const file = anyFile(run, share);
    await change(join(run.out, file), (bytes) => Buffer.concat([bytes, Buffer.from([at(value, 256)])]));
    return file;
  },
  async gone(run, { file: share }) {
    // Without result.json a run has no result yet.
    const file = anyFile({ ...run, files: run.files.filter((each) => each !== 'result.json') }, share);
    await rm(join(run.out, file));
    return file;
  },
  async rowsExchangedInResult(run, { place }) {
    const path = join(run.out, 'embeddings.safetensors');
    await change(path, (bytes) => {
      const head = 8 + Number(bytes.readBigUInt64LE());
      const rows = new Float32Array(Uint8Array.from(bytes.subarray(head)).buffer);
      exchangeRows(rows, ...twoRows(rows, run.dim, place), run.dim);
      Buffer.from(rows.buffer).copy(bytes, head);
      return undefined;
    });
    await fitResult(run.out);
    return 'embeddings.safetensors';
  },
  async rowsExchangedInCheckpoint(run, { file: share, place }) {
    const file = pick(checkpoints(run), share);
    await rewrite(join(run.out, file), (rows, ids, dim) => {
      exchangeRows(rows, ...twoRows(rows, dim, place), dim);
      return { rows, ids };
    });
    return file;
  },
  async idsExchangedInCheckpoint(run, { file: share, place }) {
    const file = pick(checkpoints(run), share);
    await rewrite(join(run.out, file), (rows, ids) => {
      const one = at(place, ids.length - 1);
      [ids[one], ids[one + 1]] = [ids[one + 1]!, ids[one]!];
      return { rows, ids };
    });
    return file;
  },
  async idMissingInCheckpoint(run, { file: share, place }) {
    const file = pick(checkpoints(run), share);
    await rewrite(join(run.out, file), (rows, ids, dim) => {
      const gone = at(place, ids.length);
      const kept = Float32Array.from(rows.filter((_, number) => Math.floor(number / dim) !== gone));
      return { rows: kept, ids: ids.filter((_, row) => row !== gone) };
    });
    return file;
  },
  async idTwiceInCheckpoint(run, { file: share, place }) {
    const file = pick(checkpoints(run), share);
    await rewrite(join(run.out, file), (rows, ids) => {
      const one = at(place, ids.length - 1);
      ids[one + 1] = ids[one]!;
      return { rows, ids };
    });
    return file;
  },
  idMissing: (run, { place }) => changeIds(run, (lines) => void lines.splice(at(place, lines.length), 1)),
  idTwice: (run, { place }) =>
    changeIds(run, (lines) => {
      const one = at(place, lines.length - 1);
      lines[one + 1] = lines[one]!;
    }),
  idsExchanged: (run, { place }) =>
    changeIds(run, (lines) => {
      const one = at(place, lines.length - 1);
      [lines[one], lines[one + 1]] = [lines[one + 1]!, lines[one]!];
    }),
  async staleManifest({ out, olderManifest }) {
    await writeFile(join(out, 'checkpoints/manifest.json'), olderManifest);
    return 'checkpoints/manifest.json';
  },
  async ofAnotherShard(run, { file: share }) {
    const file = pick(checkpoints(run), share);
    const other = checkpoints(run).find((each) => dirname(each) !== dirname(file))!;
    for (const end of ['', '.done'])
      await cp(join(run.out, `${other}${end}`), join(run.out, `${file}${end}`));
    return file;
  },
  async ofAnotherRun(run, { file: share }) {
    const file = pick(checkpoints(run), share);
    for (const end of ['', '.done']) await cp(`${run.ofAnotherRun}${end}`, join(run.out, `${file}${end}`));
    return file;
  },
  async missingCheckpoint(run, { file: share }) {
    const file = pick(checkpoints(run), share);
    for (const end of ['', '.done']) await rm(join(run.out, `${file}${end}`));
    return file;
  },
  async missingMarker(run, { file: share }) {
    const file = pick(checkpoints(run), share);
    await rm(join(run.out, `${file}.done`));
    return file;
  },
} as const satisfies Record<string, PlantFault>;

/** Every file below a folder that counts for a run, with content; a checkpoint without a marker does not. */
export async function countedFiles(out: string): Promise<string[]> {
  const entries = await readdir(out, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1));
  const counted: string[] = [];
  for (const path of paths.sort())
    if (kindOf(path)?.check && (await readFile(join(out, path))).length > 0) counted.push(path);
  return counted.filter((path) => !/batch_\d+\.pt$/.test(path) || counted.includes(`${path}.done`));
}
