import { formats } from './formats/formats.js';
import type { Layout } from './layout.js';

/** Every file that a result may have, in any format; its record first. */
export const resultPaths = (place: Layout): string[] => [
  place.result,
  ...Object.keys(formats).map(place.embeddings),
  place.ids,
  place.quarantine,
  place.skipped,
  place.sequences,
];
