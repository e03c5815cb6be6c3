import type { Status } from '@holdfast/status';
import { useState } from 'preact/hooks';
import { counted, duration, grouped, percent, STATES } from '../words.js';

/** What the page says first: how far the run is, and what to type next. */
export function Masthead({ status, made }: { status: Status; made: string | null }) {
  const { dir, state, reason, sequences_embedded: done, sequences_total: total, result } = status;
  const share = done !== null && total ? done / total : null;
  return (
    <header class={`masthead${state === 'complete' ? ' masthead-small' : ''}`}>
      <p class="where">
        <span class="brand">Holdfast</span>
        <span class="folder">{dir}</span>
        {made !== null && <span class="quiet">as of {new Date(made).toLocaleString()}</span>}
      </p>
      <h1 class={`state state-${state}`} aria-live="polite">
        {STATES[state]}{' '}
        {state !== 'complete' && done !== null && total !== null && total > 0 && (
          <span class="share">{percent(done, total)}</span>
        )}
        {result !== null && <span class="share"> {counted(result.sequences, 'sequence')}</span>}
      </h1>
      {share !== null && state !== 'complete' && (
        <div
          class={`bar bar-${state}`}
          role="progressbar"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.floor(share * 100)}
          aria-label="Sequences embedded"
        >
          <i style={{ width: `${100 * share}%` }} />
        </div>
      )}
      {(reason !== null || status.doing !== null) && <p class="reason">{reason ?? status.doing}</p>}
      <Figures status={status} />
      {state === 'complete' && result !== null && <Files files={result.files} />}
      {result !== null && result.warnings.length > 0 && <Warnings warnings={result.warnings} />}
      {saysNext(status) && <Next {...status.next} />}
    </header>
  );
}

function Figures({ status }: { status: Status }) {
  const { sequences_embedded: embedded, sequences_done: saved, sequences_total: total } = status;
  const { failures, retries, at_least } = status.failures;
  const figures: [name: string, value: string, more?: string][] = [];
  if (embedded !== null && total !== null && status.state !== 'complete')
    figures.push([
      'Embedded',
      grouped(embedded),
      `of ${grouped(total)}${status.sequences_copies ? ' distinct' : ''}, ${grouped(saved ?? 0)} saved`,
    ]);
  if (status.tokens_per_second !== null)
    figures.push(['Speed', grouped(status.tokens_per_second), 'tokens a second']);
  if (status.seconds_left !== null) figures.push(['Left', duration(status.seconds_left)]);
  if (status.seconds_since_checkpoint !== null && status.state !== 'complete')
    figures.push(['Last checkpoint', duration(status.seconds_since_checkpoint), 'ago']);
  if (status.state === 'complete') {
    if (status.result !== null) figures.push(['Numbers in a row', grouped(status.result.dim)]);
    if (status.sequences_copies)
      figures.push(['Copies', grouped(status.sequences_copies), 'not computed again']);
    figures.push(['Quarantined', grouped(status.quarantined.sequences)]);
    figures.push(['Shards', grouped(status.shards.length)]);
  }
  if (failures > 0)
    figures.push([
      'Failures',
      `${grouped(failures)}${at_least ? '+' : ''}`,
      `(${retries === 1 ? '1 retry' : `${grouped(retries)} retries`})`,
    ]);
  if (figures.length === 0) return null;
  return (
    <dl class="figures">
      {figures.map(([name, value, more]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <b>{value}</b>
            {more !== undefined && <span class="quiet"> {more}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** While a command works there is nothing to type: this page follows it. Of a complete run, what to type is here or in no command. */
const saysNext = ({ state, next }: Status): boolean =>
  !LIVE.has(state) && (state !== 'complete' || next.command === null);

const LIVE: ReadonlySet<Status['state']> = new Set(['planning', 'running', 'replacing']);

/** The files of the result: many, of a run with several outputs. */
function Files({ files }: { files: readonly string[] }) {
  return (
    <details class="files">
      <summary>
        {counted(files.length, 'file')}
        <span class="quiet">, for holdfast get, search, plot and export</span>
      </summary>
      <ul>
        {files.map((file) => (
          <li key={file}>
            <code>{file}</code>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What was changed, left out or is odd: as `embed` warned of it. */
function Warnings({ warnings }: { warnings: readonly string[] }) {
  return (
    <ul class="warnings">
      {warnings.map((warning) => (
        <li key={warning}>
          <b>Warning:</b> {warning}
        </li>
      ))}
    </ul>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function Next({ text, command }: Status['next']) {
  const [copied, setCopied] = useState(false);
  if (command === null) return <p class="next">{sentence(text)}</p>;
  const copy = () =>
    navigator.clipboard.writeText(command).then(
      () => setCopied(true),
      () => undefined,
    );
  return (
    <div class="next">
      <span class="quiet">Next, {text}:</span>
      <code>{command}</code>
      <button type="button" class="plain" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </div>
  );
}
