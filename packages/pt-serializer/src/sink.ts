import type { FileHandle } from 'node:fs/promises';

/** Where bytes go. `write` takes all of them; they may be reused once it resolves. */
export interface Sink {
  write(bytes: Uint8Array): Promise<void>;
}

/** A sink that appends to an open file, however little the system takes at a time. */
export function fileSink(file: FileHandle): Sink {
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        done += (await file.write(bytes, done, Math.min(bytes.length - done, MAX_WRITE))).bytesWritten;
      }
    },
  };
}

/** The system writes less than 2 GiB at a time. */
const MAX_WRITE = 2 ** 30;

/** Whether it is a file handle of `node:fs/promises`, whose `write` may take only a part. */
export function isFileHandle(sink: Sink | FileHandle): sink is FileHandle {
  return 'fd' in sink && typeof sink.fd === 'number';
}
