import type { History } from '@holdfast/dashboard';
import type { Status } from '@holdfast/status';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Section } from '../section.js';
import { counted, grouped, incidentWords } from '../words.js';
import { rates } from './rates.js';

const HEIGHT = 132;
/** Below the curve: a line on which checkpoints land, and one for what went wrong. */
const LANES = 34;
const LEFT = 52;

/** Rows a second over the run, the checkpoints as they landed, and what went wrong when. */
export function Throughput({ history, status }: { history: History; status: Status }) {
  const [box, width] = useWidth();
  const live = status.state === 'running';
  const began = status.command?.since;
  const found = rates(
    history,
    began ? Date.parse(began) : null,
    live ? Date.parse(status.at) : 0,
    Math.max(20, Math.min(90, Math.round((width - LEFT) / 9))),
  );
  if (found === null) return null;
  const { start, end, perSecond } = found;
  const top = niceAbove(Math.max(...perSecond));
  const x = (time: number) => LEFT + ((time - start) / (end - start)) * (width - LEFT - 6);
  const y = (rate: number) => 8 + (1 - rate / top) * (HEIGHT - 16);
  const span = (end - start) / perSecond.length;
  const line = perSecond.map(
    (rate, at) => `${x(start + at * span)},${y(rate)} ${x(start + (at + 1) * span)},${y(rate)}`,
  );
  // Failures are drawn over what was done about them at the same moment.
  const shown = history.incidents
    .filter(({ time }) => Date.parse(time) >= start)
    .sort((a, b) => Number(b.event === 'retry') - Number(a.event === 'retry'));
  const rows = history.checkpoints.reduce((sum, save) => sum + save.rows, 0);
  return (
    <Section
      id="throughput"
      name="Throughput"
      aside={`${counted(history.checkpoints.length, 'checkpoint')}, ${counted(rows, 'row')}`}
    >
      <div class="chart" ref={box}>
        <svg
          width={width}
          height={HEIGHT + LANES + 22}
          role="img"
          aria-label={`Rows a second from ${clock(start)} to ${clock(end)}, at most ${grouped(top)}; ${counted(history.checkpoints.length, 'checkpoint')}, ${counted(shown.length, 'incident')}`}
        >
          {[0, 0.5, 1].map((part) => (
            <g key={part}>
              <line class="grid" x1={LEFT} x2={width - 6} y1={y(top * part)} y2={y(top * part)} />
              <text class="tick" x={LEFT - 8} y={y(top * part) + 4} text-anchor="end">
                {short(top * part)}
              </text>
            </g>
          ))}
          <polygon class="area" points={`${x(start)},${y(0)} ${line.join(' ')} ${x(end)},${y(0)}`} />
          <polyline class="curve" points={line.join(' ')} />
          <text class="tick" x={LEFT - 8} y={HEIGHT + 12} text-anchor="end">
            saved
          </text>
          {history.checkpoints.slice(-2000).map((save, at) => (
            <line
              class="save"
              key={at}
              x1={x(Date.parse(save.at))}
              x2={x(Date.parse(save.at))}
              y1={HEIGHT + 3}
              y2={HEIGHT + 13}
            />
          ))}
          {shown.length > 0 && (
            <text class="tick" x={LEFT - 8} y={HEIGHT + 30} text-anchor="end">
              failed
            </text>
          )}
          {shown.map((incident, at) => (
            <circle
              class={incident.event === 'retry' ? 'mend' : 'fault'}
              key={at}
              cx={x(Date.parse(incident.time))}
              cy={HEIGHT + 26}
              r={3.5}
            >
              <title>{incidentWords(incident)}</title>
            </circle>
          ))}
          <text class="tick" x={LEFT} y={HEIGHT + LANES + 16}>
            {clock(start)}
          </text>
          <text class="tick" x={width - 6} y={HEIGHT + LANES + 16} text-anchor="end">
            {live ? 'now' : clock(end)}
          </text>
        </svg>
        <p class="unit quiet">rows a second</p>
      </div>
    </Section>
  );
}

function useWidth(): [{ current: HTMLDivElement | null }, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(720);
  // Each time: the element appears with the first checkpoint.
  useEffect(() => {
    if (box.current === null) return;
    const seen = new ResizeObserver(([entry]) =>
      setWidth(Math.max(240, Math.floor(entry!.contentRect.width))),
    );
    seen.observe(box.current);
    return () => seen.disconnect();
  }, [box.current]);
  return [box, width];
}

/** 1, 2 or 5 times a power of ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value)!;
}

const short = (value: number) =>
  value >= 1e6 ? `${value / 1e6}M` : value >= 1e4 ? `${value / 1e3}k` : `${Number(value.toPrecision(3))}`;

const clock = (time: number) =>
  new Date(time).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
