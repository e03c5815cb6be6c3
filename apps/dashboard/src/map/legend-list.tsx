import type { Colour } from '../data/source.js';
import { grouped } from '../words.js';
import { css, type Legend, type LegendEntry, ramp } from './palette.js';

interface Props {
  name: string;
  legend: Legend;
  colour: Colour;
  onSelect(points: Uint32Array): void;
}

const STOPS = Array.from({ length: 9 }, (_, at) => css(ramp(at / 8))).join(', ');

/** What the colours mean. A category chooses its points. */
export function LegendList({ name, legend, colour, onSelect }: Props) {
  if (legend.kind === 'ramp')
    return (
      <div class="legend">
        <span class="quiet">{name}</span>
        {legend.low === legend.high ? (
          <span class="quiet">all {number(legend.low)}</span>
        ) : (
          <>
            <span class="quiet">{number(legend.low)}</span>
            <div class="ramp" style={{ background: `linear-gradient(to right, ${STOPS})` }} />
            <span class="quiet">{number(legend.high)}</span>
          </>
        )}
      </div>
    );
  const choose = (entry: LegendEntry) => {
    const named = new Set(legend.entries.map(({ code }) => code));
    const points: number[] = [];
    for (let at = 0; at < colour.data.length; at++) {
      const code = colour.data[at]!;
      if (entry.code === null ? !named.has(code) : code === entry.code) points.push(at);
    }
    onSelect(Uint32Array.from(points));
  };
  return (
    <div class="legend">
      <span class="quiet">{name}</span>
      <ul>
        {legend.entries.map((entry) => (
          <li key={entry.code}>
            <button type="button" onClick={() => choose(entry)} title="Choose these">
              <i style={{ background: css(entry.colour) }} />
              <span>{entry.name}</span>
              <span class="quiet">{grouped(entry.count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

const number = (value: number) =>
  Math.abs(value) >= 1000 ? grouped(value) : `${Number(value.toPrecision(3))}`;
