import { ChunkSink } from './chunk-sink.js';
import type { ChunkOptions } from './chunks.js';
import type { RecordSink } from './record-sink.js';
import type { TranslationCount } from './translate/translation-count.js';
import { type FrameRows, type Translation, TranslationSink } from './translate/translation-sink.js';

/** How records become rows: cut into chunks, and then translated. Neither: each record is a row. */
export interface Cut {
  chunk?: ChunkOptions;
  translate?: Translation;
}

/**
 * The sink for the records of one input, in front of that for its rows.
 *
 * @param file the input's name in errors. @param count of the translated records, which continues from earlier inputs.
 */
export function cutSink(
  rows: FrameRows,
  file: string,
  { chunk, translate }: Cut,
  count: TranslationCount | undefined,
): RecordSink {
  const translated = translate && count ? new TranslationSink(rows, file, translate, count) : undefined;
  if (chunk === undefined) return translated ?? rows;
  return translated
    ? new ChunkSink(translated, file, chunk)
    : new ChunkSink(rows, file, chunk, (id) => rows.inputWith(id));
}
