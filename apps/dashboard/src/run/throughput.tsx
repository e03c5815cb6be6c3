import type { History } from '@holdfast/dashboard';
import type { Status } from '@holdfast/status';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Section } from '../section.js';
import { copiesWords, counted, grouped, incidentWords } from '../words.js';
import { ticksTo } from './ticks.js';

const HEIGHT = 132;
/** Below the curve: a line on which checkpoints land, and one for what went wrong. */
const LANES = 34;
/** Room for what is written at the left, at least. */
const LEFT = 52;

/** Rows a second over the run, the checkpoints as they landed, and what went wrong when. */
export function Throughput({ history, status }: { history: History; status: Status }) {
  const [box, width] = useWidth();
  const live = status.state === 'running';
  const { throughput } = history;
  if (throughput === null) return null;
  const { start, step, perSecond, unsaved, resumed } = throughput;
  const last = start + step * perSecond.length;
  const end = live ? Math.max(last, Date.parse(status.at)) : last;
  const ticks = ticksTo(Math.max(...perSecond));
  const top = ticks.at(-1)!;
  const left = Math.max(LEFT, 16 + 7.5 * Math.max(...ticks.map((tick) => grouped(tick).length)));
  const x = (time: number) => left + ((time - start) / (end - start)) * (width - left - 6);
  const y = (rate: number) => 8 + (1 - rate / top) * (HEIGHT - 16);
  const line = perSecond.map(
    (rate, at) => `${x(start + at * step)},${y(rate)} ${x(start + (at + 1) * step)},${y(rate)}`,
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
      aside={`${counted(history.checkpoints.length, 'checkpoint')}, ${counted(rows, 'row')}${unsaved > 0 ? ` and ${grouped(unsaved)} not saved yet` : ''}${status.sequences_copies ? `; ${copiesWords(status.sequences_copies)}` : ''}`}
    >
      <div class="chart" ref={box}>
        <svg
          width={width}
          height={HEIGHT + LANES + 22}
          role="img"
          aria-label={`Rows a second from ${clock(start)} to ${clock(end)}, at most ${grouped(top)}; ${counted(history.checkpoints.length, 'checkpoint')}, ${counted(shown.length, 'incident')}`}
        >
          {ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={left} x2={width - 6} y1={y(tick)} y2={y(tick)} />
              <text class="tick" x={left - 8} y={y(tick) + 4} text-anchor="end">
                {tick < 10 ? tick : grouped(tick)}
              </text>
            </g>
          ))}
          <polygon class="area" points={`${x(start)},${y(0)} ${line.join(' ')} ${x(last)},${y(0)}`} />
          <polyline class="curve" points={line.join(' ')} />
          {resumed.map((at) => (
            <line class="resumed" key={at} x1={x(at)} x2={x(at)} y1={8} y2={HEIGHT - 8}>
              <title>{`Resumed at ${clock(at)}`}</title>
            </line>
          ))}
          <text class="tick" x={left - 8} y={HEIGHT + 12} text-anchor="end">
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
            <text class="tick" x={left - 8} y={HEIGHT + 30} text-anchor="end">
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
          <text class="tick" x={left} y={HEIGHT + LANES + 16}>
            {clock(start)}
          </text>
          <text class="tick" x={width - 6} y={HEIGHT + LANES + 16} text-anchor="end">
            {live ? 'now' : clock(end) === clock(start) ? `${secondsLater(end - start)} later` : clock(end)}
          </text>
        </svg>
        <p class="unit quiet">rows a second{resumed.length > 0 && '; dashed: resumed'}</p>
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

const secondsLater = (ms: number) => (ms < 100 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

const clock = (time: number) =>
  new Date(time).toLocaleString(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
