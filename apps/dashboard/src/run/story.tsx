import type { History } from '@holdfast/dashboard';
import type { Status } from '@holdfast/status';
import { useState } from 'preact/hooks';
import { Section } from '../section.js';
import { happenings, troubles } from '../words.js';

/** Lines that are shown until more are asked for. */
const FEW = 12;

/** What happened, newest first: commands, failures and retries in words, and the checkpoints between them. */
export function Story({ history, status }: { history: History; status: Status }) {
  const [all, setAll] = useState(false);
  const found = happenings(history, status);
  if (found.length === 0) return null;
  const shown = all ? found.slice(0, 2000) : found.slice(0, FEW);
  return (
    <Section id="story" name="What happened" aside={troubles(history)}>
      <ol class="story" aria-live="polite">
        {shown.map(({ at, kind, words }, place) => (
          <li key={`${at} ${found.length - place}`} class={kind}>
            <time dateTime={at} title={at}>
              {new Date(at).toLocaleTimeString(undefined, {
                hour: '2-digit',
                minute: '2-digit',
                second: '2-digit',
                hourCycle: 'h23',
              })}
            </time>
            <span>{words}</span>
          </li>
        ))}
      </ol>
      {found.length > FEW && !all && (
        <button type="button" class="plain" onClick={() => setAll(true)}>
          Show all {found.length}
        </button>
      )}
    </Section>
  );
}
