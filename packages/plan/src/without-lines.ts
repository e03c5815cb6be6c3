const LINE_END = 0x0a;

/**
 * Drops lines from a text, such as the IDs of quarantined sequences.
 *
 * @param chunks the text, cut anywhere. @param lines numbers of the lines to drop, from 0.
 * @returns views into the given chunks, valid as long as those.
 */
export async function* withoutLines(
  chunks: AsyncIterable<Uint8Array>,
  lines: ReadonlySet<number>,
): AsyncGenerator<Uint8Array> {
  let line = 0;
  for await (const chunk of chunks) {
    let kept = 0;
    for (let at = 0; at < chunk.length; line++) {
      const found = chunk.indexOf(LINE_END, at);
      const end = found < 0 ? chunk.length : found + 1;
      if (lines.has(line)) {
        if (at > kept) yield chunk.subarray(kept, at);
        kept = end;
      }
      at = end;
      // The rest of this line is in the next chunk.
      if (found < 0) line--;
    }
    if (chunk.length > kept) yield chunk.subarray(kept);
  }
}
