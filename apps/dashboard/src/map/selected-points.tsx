import { useState } from 'preact/hooks';
import type { Source } from '../data/source.js';
import { counted, grouped } from '../words.js';

interface Props {
  source: Source;
  selected: Uint32Array;
  of: number;
  onClear(): void;
}

/** The points that were chosen, whose IDs can be saved. */
export function SelectedPoints({ source, selected, of, onClear }: Props) {
  const [fault, setFault] = useState<string | null>(null);
  const save = async () => {
    try {
      const ids = await source.ids();
      const lines = Array.from(selected, (point) => `${ids[point]}\n`);
      download(new Blob(lines, { type: 'text/plain' }), 'ids.txt');
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <div class="selected">
      <h3>
        {grouped(selected.length)} <span class="quiet">of {counted(of, 'sequence')} chosen</span>
      </h3>
      <p>
        <button type="button" class="strong" disabled={selected.length === 0} onClick={save}>
          Save IDs
        </button>{' '}
        <button type="button" class="plain" onClick={onClear}>
          Clear
        </button>
      </p>
      {fault !== null && <p class="bad">{fault}</p>}
    </div>
  );
}

/** The browser saves it where it saves downloads; nothing goes to the server. */
function download(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
