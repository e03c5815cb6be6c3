// What a run gave, read from its files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const lines = (path) => readFileSync(path, 'utf8').split('\n').slice(0, -1);

/** IDs and rows (row-major) of the result in a folder. */
export function readResult(out) {
  const bytes = readFileSync(join(out, 'embeddings.safetensors'));
  const head = 8 + Number(bytes.readBigUInt64LE());
  const { shape } = JSON.parse(bytes.toString('utf8', 8, head)).embeddings;
  const rows = new Float32Array(bytes.buffer.slice(bytes.byteOffset + head, bytes.byteOffset + bytes.length));
  return { ids: lines(join(out, 'ids.txt')), shape, rows };
}

/** The greatest difference of two results' numbers; Infinity where IDs, their order or shapes differ, or a number is none. */
export function greatestDifference(one, other) {
  const same =
    `${one.shape}` === `${other.shape}` &&
    one.ids.length === one.shape[0] &&
    one.rows.length === one.shape[0] * one.shape[1] &&
    other.ids.length === one.ids.length &&
    one.ids.every((id, row) => id === other.ids[row]);
  if (!same) return Number.POSITIVE_INFINITY;
  let greatest = 0;
  for (let i = 0; i < one.rows.length; i++) {
    const difference = Math.abs(one.rows[i] - other.rows[i]);
    if (!(difference <= greatest))
      greatest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return greatest;
}

/** The table of what is left out, a record a line. */
export function readQuarantine(out) {
  const [head, ...records] = lines(join(out, 'quarantine.tsv')).map((line) => line.split('\t'));
  const names = head.map((name) => name.replace(/^# ?/, ''));
  return records.map((fields) => Object.fromEntries(fields.map((field, i) => [names[i], field])));
}
