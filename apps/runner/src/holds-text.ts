import { createReadStream } from 'node:fs';

/** Whether a file holds these bytes of ASCII anywhere, whatever else is in it. */
export async function holdsText(path: string, text: string): Promise<boolean> {
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    // They may lie across two chunks.
    const bytes = Buffer.concat([tail, chunk as Buffer]);
    if (bytes.includes(text, 0, 'latin1')) return true;
    tail = bytes.subarray(Math.max(0, bytes.length - text.length + 1));
  }
  return false;
}
