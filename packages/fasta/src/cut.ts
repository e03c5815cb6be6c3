import { ChunkSink } from './chunk-sink.js';
import type { ChunkOptions } from './chunks.js';
import type { RecordSink } from './record-sink.js';
import type { TranslationCount } from './translate/translation-count.js';
import {
  type FrameRows,
  type RecordsLeftOut,
  type Translation,
  TranslationSink,
} from './translate/translation-sink.js';

/** The names of frames have two letters. */
const FRAME_NAME = 2;

/** How records become rows: cut into chunks, and then translated. Neither: each record is a row. */
export interface Cut {
  chunk?: ChunkOptions;
  translate?: Translation;
}

/** Bytes behind the record's ID in the ID of each row; null if they differ from row to row. */
export function idTail({ chunk, translate }: Cut): number | null {
  if (chunk !== undefined || translate?.frames === 'orfs') return null;
  return translate === undefined ? 0 : FRAME_NAME;
}

/**
 * The sink for the records of one input, in front of that for its rows.
 *
 * @param count of the translated records, which continues from earlier inputs.
 */
export function cutSink(
  rows: FrameRows,
  { chunk, translate }: Cut,
  count: TranslationCount | undefined,
  shared: RecordsLeftOut,
): RecordSink {
  const translated = translate && count ? new TranslationSink(rows, translate, count, shared) : undefined;
  if (chunk === undefined) return translated ?? rows;
  return new ChunkSink(translated ?? rows, chunk, translated ? null : rows, shared);
}
