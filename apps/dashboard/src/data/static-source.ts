import type { StaticData } from '@holdfast/dashboard';
import type { Source } from './source.js';

/** The data that were written into the page. Null if it has none: then a server answers. */
export function staticSource(): Source | null {
  const json = document.getElementById('holdfast-data')?.textContent;
  return json ? sourceOf(JSON.parse(json) as StaticData) : null;
}

function sourceOf({ made, snapshot, history, quarantine, result }: StaticData): Source {
  const known = () => {
    if (result === null) throw new Error('the run had no result when this page was written');
    return result;
  };
  const rows = result === null ? new Uint32Array() : new Uint32Array(bytes(result.rows));
  return {
    made,
    listen(ears) {
      ears.snapshot(snapshot);
      ears.history(history);
    },
    quarantine: async () => quarantine,
    result: async () => result?.info ?? null,
    points: () => rows.length,
    map: async (name) => ({
      places: new Float32Array(bytes(known().maps[name] ?? '')),
      shares: name === 'pca' ? known().variance : null,
    }),
    colour: async (key) => {
      const { header, data } = known().colours[key]!;
      const Numbers = header.kind === 'number' ? Float32Array : Uint16Array;
      return { header, data: new Numbers(bytes(data)) };
    },
    detail: async (point) => ({
      row: rows[point]!,
      id: known().ids[point]!,
      description: known().descriptions[point] ?? '',
      file: null,
      length: null,
    }),
    neighbours: null,
    ids: async () => known().ids,
  };
}

/** Base64 as bytes. */
function bytes(text: string): ArrayBuffer {
  const raw = atob(text);
  const all = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) all[at] = raw.charCodeAt(at);
  return all.buffer;
}
