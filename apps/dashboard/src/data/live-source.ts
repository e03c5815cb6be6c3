import type { History, Snapshot, VarianceHeader, Work } from '@holdfast/dashboard';
import type { Colour, Source } from './source.js';

/** The server that the page came from. */
export function liveSource(): Source {
  let ids: Promise<string[]> | null = null;
  return {
    made: null,
    listen(ears) {
      const events = new EventSource('/api/events');
      const on = <T>(name: string, hear: (data: T) => void) =>
        events.addEventListener(name, (event) => {
          ears.trouble(null);
          hear(JSON.parse((event as MessageEvent<string>).data) as T);
        });
      on<Snapshot>('snapshot', ears.snapshot);
      on<History>('history', ears.history);
      on<Work>('work', ears.work);
      on<string>('trouble', ears.trouble);
      events.onerror = () =>
        ears.trouble(
          'The dashboard does not answer. Is holdfast dashboard still running? This page connects again by itself.',
        );
    },
    quarantine: () => json('/api/quarantine'),
    result: () => json('/api/result'),
    points: ({ rows }) => rows,
    map: async (name, from) => {
      const answer = await ask(`/api/map?name=${name}&${rowsOf(from)}`);
      return {
        places: new Float32Array(await answer.arrayBuffer()),
        shares:
          answer.headers
            .get('holdfast-variance' satisfies VarianceHeader)
            ?.split(',')
            .map(Number) ?? null,
      };
    },
    colour: async (key, from) =>
      colourIn(await bytes(`/api/colour?key=${encodeURIComponent(key)}&${rowsOf(from)}`)),
    detail: (point) => json(`/api/row?row=${point}`),
    neighbours: (point, from) => json(`/api/neighbours?row=${point}&${rowsOf(from)}`),
    ids: () => {
      ids ??= ask('/api/ids')
        .then((answer) => answer.text())
        .then((text) => text.split('\n').slice(0, -1));
      return ids;
    },
  };
}

const rowsOf = (from: string): string => `from=${encodeURIComponent(from)}`;

async function ask(path: string): Promise<Response> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}

const json = async <T>(path: string): Promise<T> => (await ask(path)).json();
const bytes = async (path: string): Promise<ArrayBuffer> => (await ask(path)).arrayBuffer();

/** As the server writes it: the length of a header of JSON as u32, the header, and the numbers. */
function colourIn(buffer: ArrayBuffer): Colour {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Colour['header'];
  const Numbers = header.kind === 'number' ? Float32Array : Uint16Array;
  return { header, data: new Numbers(buffer, 4 + length) };
}
