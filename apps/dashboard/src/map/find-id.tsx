import { useState } from 'preact/hooks';
import type { Source } from '../data/source.js';
import { grouped } from '../words.js';
import { foundIds } from './found-ids.js';

/** What was found, and which of it is picked. */
interface Found {
  text: string;
  points: number[];
  at: number;
}

/** Picks the point of an ID, or of a part of one: the way for who does not point. Asked again, it goes to the next. */
export function FindId({ source, onFound }: { source: Source; onFound(point: number): void }) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<Found | null>(null);
  const find = async (event: Event) => {
    event.preventDefault();
    const wanted = text.trim();
    const again = found?.text === wanted ? found : null;
    const points = again?.points ?? foundIds(await source.ids(), wanted);
    const at = again === null ? 0 : (again.at + 1) % Math.max(1, points.length);
    setFound(wanted === '' ? null : { text: wanted, points, at });
    if (points[at] !== undefined) onFound(points[at]);
  };
  return (
    <form class="field find" onSubmit={find}>
      <label for="find-id" class="quiet note">
        ID
      </label>
      <input
        id="find-id"
        value={text}
        spellcheck={false}
        autocomplete="off"
        placeholder="or a part of it"
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="plain">
        Find
      </button>
      {found !== null && <Said {...found} />}
    </form>
  );
}

function Said({ text, points, at }: Found) {
  if (points.length === 0) return <output class="bad">No ID has {text} in it</output>;
  if (points.length === 1) return null;
  return (
    <output class="quiet">
      {grouped(at + 1)} of {grouped(points.length)}: Find goes to the next
    </output>
  );
}
