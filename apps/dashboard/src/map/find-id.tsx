import { useState } from 'preact/hooks';
import type { Source } from '../data/source.js';

/** Picks the point of an ID: the way for who does not point. */
export function FindId({ source, onFound }: { source: Source; onFound(point: number): void }) {
  const [text, setText] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const find = async (event: Event) => {
    event.preventDefault();
    const wanted = text.trim();
    const at = (await source.ids()).indexOf(wanted);
    setMissing(at < 0 ? wanted : null);
    if (at >= 0) onFound(at);
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
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="plain">
        Find
      </button>
      {missing !== null && <output class="bad">No {missing}</output>}
    </form>
  );
}
