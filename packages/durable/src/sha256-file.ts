import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { atPath } from './system-error.js';

/** Bytes read at a time. */
const PART = 1 << 20;

/** The SHA-256 of a file's bytes, in hex. @throws what the file system throws; the signal's reason. */
export async function sha256File(path: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const file = await open(path);
  try {
    const hash = createHash('sha256');
    // Two buffers in turn: one is read while the other is hashed. New ones for each part would take as long as the hash.
    let [now, next] = [Buffer.allocUnsafe(PART), Buffer.allocUnsafe(PART)];
    let reading = file.read(now, 0, PART, null);
    for (;;) {
      const { bytesRead } = await reading;
      signal.throwIfAborted();
      if (bytesRead === 0) return hash.digest('hex');
      reading = file.read(next, 0, PART, null);
      // Awaited in the next turn.
      reading.catch(() => undefined);
      hash.update(now.subarray(0, bytesRead));
      [now, next] = [next, now];
    }
  } catch (error) {
    throw atPath(error, path);
  } finally {
    await file.close();
  }
}
