import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { writeFileDurably } from '@holdfast/durable';
import type { Sink } from '@holdfast/pt-serializer';
import type { ResultRecord } from '@holdfast/run-folder';

/** Writes a file of the result durably, and measures it. @param name in the record; default: the file's own. */
export async function writeMeasured(
  path: string,
  produce: (sink: Sink) => Promise<void>,
  name: string = basename(path),
): Promise<ResultRecord['files'][number]> {
  const hash = createHash('sha256');
  let bytes = 0;
  await writeFileDurably(path, (file) =>
    produce({
      write(chunk) {
        hash.update(chunk);
        bytes += chunk.byteLength;
        return file.write(chunk);
      },
    }),
  );
  return { file: name, bytes, sha256: hash.digest('hex') };
}
