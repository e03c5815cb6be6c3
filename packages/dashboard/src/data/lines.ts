import { createReadStream } from 'node:fs';

const LINE_FEED = 10;

/** The lines of a file, each with the offset at which it begins, in lists. A last line without its end is left out. */
export async function* linesOf(path: string): AsyncGenerator<{ text: string; offset: number }[]> {
  let rest: Buffer = Buffer.alloc(0);
  let start = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const lines: { text: string; offset: number }[] = [];
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      lines.push({ text: bytes.toString('utf8', from, end), offset: start + from });
      from = end + 1;
    }
    rest = bytes.subarray(from);
    start += from;
    if (lines.length > 0) yield lines;
  }
}
