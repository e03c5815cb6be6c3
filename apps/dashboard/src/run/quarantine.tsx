import type { QuarantineRow } from '@holdfast/dashboard';
import type { Status } from '@holdfast/status';
import { useEffect, useState } from 'preact/hooks';
import type { Source } from '../data/source.js';
import { Section } from '../section.js';
import { grouped } from '../words.js';

/** The sequences that have no row, and why. */
export function Quarantine({ source, status: { quarantined, state } }: { source: Source; status: Status }) {
  const [rows, setRows] = useState<QuarantineRow[]>([]);
  const { sequences, at_least, table } = quarantined;
  useEffect(() => {
    if (sequences > 0) source.quarantine().then(setRows, () => undefined);
    else setRows([]);
  }, [source, sequences, state]);
  if (sequences === 0) return null;
  const aside = `${grouped(sequences)}${at_least ? ' or more' : ''}${rows.length < sequences && table !== null ? `, all in ${table}` : ''}`;
  return (
    <Section id="quarantine" name="Quarantine" aside={aside}>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">ID</th>
              <th scope="col">Kind</th>
              <th scope="col" class="right">
                Attempts
              </th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ id, ordinal, kind, attempts, error }) => (
              <tr key={ordinal}>
                <th scope="row" class="mono">
                  {id}
                </th>
                <td>{kind}</td>
                <td class="right">{attempts ?? ''}</td>
                <td>{error}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
