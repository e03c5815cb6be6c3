import type { Shard } from '@holdfast/plan';
import type { FormatName } from '@holdfast/run-folder';

/** What is known of a run before it is embedded. */
export interface RunSize {
  /** Numbers in a row. */
  dim: number;
  /** Bytes of a number as it is stored. */
  bytes: number;
  /** Bytes of the numbers of tokens of all sequences, at most; 0 without any. */
  valueBytes: number;
  /** Sequences of the input, and those that are computed. */
  sequences: number;
  positions: number;
  /** Bytes of all IDs, each with its line feed. */
  idBytes: number;
  /** Bytes of `sequences.tsv`, about; 0 without one. */
  tableBytes: number;
  shards: readonly Shard[];
  /** Sequences of each shard that are saved. */
  done: readonly number[];
  /** Rows after which a checkpoint is due. */
  seqThreshold: number;
  format: FormatName;
}

/** Bytes that a run still writes. */
export interface DiskNeed {
  checkpoints: number;
  /** Embeddings, IDs and tables; also what is kept meanwhile for copies. */
  result: number;
}

/** A number of a row that is kept for copies. */
const FLOAT = Float32Array.BYTES_PER_ELEMENT;
/** What a `.pt` adds to each ID. */
const BESIDE_ID = 10;
/** Metadata of a checkpoint, its marker, its lines in the manifest and the logs, and blocks that are not filled. */
const BESIDE_CHECKPOINT = 8 * 1024;
/** Headers, `result.json`, the manifest and logs. */
const BESIDE_RESULT = 64 * 1024;
/** Bytes of rows that a worker saves at once, whatever the threshold. */
const MOST_AT_ONCE = 256 * 1024 * 1024;

/**
 * What a run still writes. Checkpoints that become due by the time are not counted, since the speed is not known: each adds some
 * KiB.
 */
export function diskNeed(size: RunSize): DiskNeed {
  const { dim, bytes, valueBytes, sequences, positions, idBytes, tableBytes } = size;
  const { shards, done, seqThreshold, format } = size;
  const row = dim * bytes + (sequences === 0 ? 0 : valueBytes / sequences);
  const id = sequences === 0 ? 0 : idBytes / sequences + BESIDE_ID;
  const atOnce = Math.max(1, Math.min(seqThreshold, Math.floor(MOST_AT_ONCE / row)));
  let rows = 0;
  let files = 0;
  for (const [i, { firstPosition, endPosition }] of shards.entries()) {
    const left = Math.max(0, endPosition - firstPosition - done[i]!);
    rows += left;
    files += Math.ceil(left / atOnce);
  }
  const copied = Math.min(sequences - positions, positions);
  return {
    checkpoints: Math.ceil(rows * (row + id) + files * BESIDE_CHECKPOINT),
    result: Math.ceil(
      sequences * row +
        idBytes +
        tableBytes +
        (format === 'pt' ? sequences * id : 0) +
        copied * dim * FLOAT +
        BESIDE_RESULT,
    ),
  };
}
