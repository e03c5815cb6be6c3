import { type Area, axisY, DIGIT, grouped } from './chart.js';
import { type Colouring, type Rgb, scaleColour, shownNames, valueScale } from './colouring.js';
import { element, escaped, text } from './svg.js';
import { wrapped } from './wrapped.js';

export const hex = (colour: Rgb): string =>
  `#${colour.map((each) => each.toString(16).padStart(2, '0')).join('')}`;

/** Room at the right of a map without a legend, and with a narrow and a wide one. */
const [NONE, NARROW, WIDE] = [36, 210, 320];

/** Pixels from the map to the colours, from those to the names, and at the right of all. */
const [BESIDE, TO_NAME, MARGIN] = [24, 18, 14];

/** Pixels from line to line, and more between names. */
const [LINE, BETWEEN] = [16, 6];

/** Room for the legend of a map: as much as its names need, within limits. */
export function legendWidth(colouring: Colouring): number {
  if (colouring.by === 'nothing') return NONE;
  if (colouring.by === 'value') return NARROW;
  const longest = Math.max(0, ...shownNames(colouring).map((each) => [...lineOf(each)].length));
  return Math.max(NARROW, Math.min(WIDE, Math.round(BESIDE + TO_NAME + longest * DIGIT * 0.9 + MARGIN)));
}

const lineOf = ({ name, rows }: { name: string; rows: number }) => `${name} (${grouped(rows)})`;

/** What the colours mean. */
export function legendOf(colouring: Colouring, area: Area, width: number): string {
  if (colouring.by === 'nothing') return '';
  return colouring.by === 'label' ? ofLabels(colouring, area, width) : ofValues(colouring, area);
}

/** Names in as many lines as they need; if one has too many, its middle is left out. A pointer on it shows all of it. */
function ofLabels(
  colouring: Extract<Colouring, { by: 'label' }>,
  { right, top, bottom }: Area,
  width: number,
) {
  const left = right + BESIDE;
  const entries = shownNames(colouring);
  const characters = Math.floor((width - BESIDE - TO_NAME - MARGIN) / (DIGIT * 0.9));
  const most = Math.max(1, Math.floor(((bottom - top - 22) / entries.length - BETWEEN) / LINE));
  let y = top + 12;
  const drawn = [text(left, y, wrapped(colouring.called, characters, 1)[0] ?? '', { 'font-weight': 'bold' })];
  y += LINE + BETWEEN;
  for (const entry of entries) {
    const lines = wrapped(lineOf(entry), characters, most);
    const name = lines.map((line, at) => text(left + TO_NAME, y + at * LINE, line)).join('');
    const dot = element('circle', { cx: left + 6, cy: y - 4, r: 5, fill: hex(entry.colour) });
    drawn.push(element('g', {}, `${element('title', {}, escaped(lineOf(entry)))}${dot}${name}`));
    y += lines.length * LINE + BETWEEN;
  }
  return drawn.join('\n');
}

function ofValues({ label, values }: Extract<Colouring, { by: 'value' }>, { right, top }: Area): string {
  const left = right + BESIDE;
  const { low, high, least, most } = valueScale(values);
  const title = text(left, top + 12, label);
  if (!(most >= least)) return title;
  if (low === high) return `${title}${text(left, top + 34, `all ${grouped(low)}`)}`;
  const [width, height, bands] = [16, 220, 44];
  const bar = Array.from({ length: bands }, (_, at) =>
    element('rect', {
      x: left,
      y: top + 28 + ((bands - 1 - at) * height) / bands,
      width,
      height: height / bands + 0.5,
      fill: hex(scaleColour(at / (bands - 1))),
    }),
  );
  const scale = axisY(
    { left, right: left + width, top: top + 28, bottom: top + 28 + height },
    { label: '', domain: [low, high], whole: Number.isInteger(low) && Number.isInteger(high) },
  );
  const numbers = scale.ticks.map(({ value, label }) => text(left + width + 8, scale.at(value) + 4, label));
  const beyond = [
    ...(most > high ? [`largest ${grouped(most)}`] : []),
    ...(least < low ? [`smallest ${grouped(least)}`] : []),
  ].map((line, at) => text(left, top + 28 + height + 24 + at * 18, line));
  return [title, ...bar, ...numbers, ...beyond].join('');
}
