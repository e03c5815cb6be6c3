import { type Area, areaWith, axisX, axisY, chart, grouped } from './chart.js';
import { type Colouring, colourOf, type Rgb, scaleColour, shownNames, valueScale } from './colouring.js';
import { rasterOf } from './raster.js';
import { element, shortened, text } from './svg.js';

/** Beyond this many points they are a picture, not elements. */
const ELEMENTS = 4000;
/** Room for a legend. */
const [LEGEND, NO_LEGEND] = [210, 36];
/** Room on each side, as a share of the range. */
const MARGIN = 0.03;

export interface MapPlot {
  title: string;
  note: string;
  /** Places of the points, row-major [rows, 2]. */
  places: Float32Array;
  labels: readonly [string, string];
  colouring: Colouring;
}

/** A map of rows. */
export function mapPlot({ title, note, places, labels, colouring }: MapPlot): string {
  const area = areaWith(colouring.by === 'nothing' ? NO_LEGEND : LEGEND);
  const x = axisX(area, { label: labels[0], domain: rangeOf(places, 0) });
  const y = axisY(area, { label: labels[1], domain: rangeOf(places, 1) });
  const points = {
    count: places.length / 2,
    x: (row: number) => x.at(places[2 * row]!),
    y: (row: number) => y.at(places[2 * row + 1]!),
    colour: colourOf(colouring),
    mixes: colouring.by !== 'label',
  };
  const marks = points.count > ELEMENTS ? rasterOf(points, area) : circles(points);
  return chart({ title, note, area, x, y, marks, legend: legendOf(colouring, area) });
}

/** The range of a coordinate, with some room. */
function rangeOf(places: Float32Array, coordinate: 0 | 1): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at: number = coordinate; at < places.length; at += 2) {
    low = Math.min(low, places[at]!);
    high = Math.max(high, places[at]!);
  }
  if (!(low <= high)) return [-1, 1];
  const room = (high - low) * MARGIN || 1;
  return [low - room, high + room];
}

const hex = (colour: Rgb): string => `#${colour.map((each) => each.toString(16).padStart(2, '0')).join('')}`;

function circles({
  count,
  x,
  y,
  colour,
}: {
  count: number;
  x(row: number): number;
  y(row: number): number;
  colour(row: number): Rgb;
}): string {
  const r = count > 1000 ? 2 : 3;
  const drawn = Array.from({ length: count }, (_, row) =>
    element('circle', { cx: x(row), cy: y(row), r, fill: hex(colour(row)) }),
  );
  return element('g', { 'fill-opacity': 0.75 }, drawn.join('') || ' ');
}

function legendOf(colouring: Colouring, { right, top }: Area): string {
  const left = right + 24;
  if (colouring.by === 'nothing') return '';
  if (colouring.by === 'label')
    return shownNames(colouring)
      .map(({ name, rows, colour }, at) => {
        const y = top + 12 + at * 22;
        return (
          element('circle', { cx: left + 6, cy: y - 4, r: 5, fill: hex(colour) }) +
          text(left + 18, y, `${shortened(name, 14)} (${grouped(rows)})`)
        );
      })
      .join('\n');
  const { low, high, log } = valueScale(colouring.values);
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
    { label: '', domain: log ? [Math.max(1, low), high] : [low, high || 1], log },
  );
  const numbers = scale.ticks.map(({ value, label }) => text(left + width + 8, scale.at(value) + 4, label));
  return [text(left, top + 12, colouring.label), ...bar, ...numbers].join('');
}
