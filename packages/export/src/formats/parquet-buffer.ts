import type { Sink } from '@holdfast/pt-serializer';
import { ByteWriter } from 'hyparquet-writer';

/** Where hyparquet-writer writes to: its bytes go to a sink whenever there is a pause. */
export class PageBuffer extends ByteWriter {
  async drain(sink: Sink): Promise<void> {
    await sink.write(this.getBytes());
    // `offset`, the place in the file, goes on.
    this.index = 0;
  }
}
