const LINE_END = 0x0a;

/**
 * A text without some of its lines.
 *
 * @param chunks the text, cut anywhere. @param lines numbers of the lines that are left out, counted from 0.
 * @returns chunks that stay as they are as long as those that are given.
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
