import { type Area, areaWith, axisX, axisY, chart } from './chart.js';
import { type Colouring, colourOf, type Rgb } from './colouring.js';
import { hex, legendOf, legendWidth } from './legend.js';
import { rasterOf } from './raster.js';
import { element } from './svg.js';

/** Beyond this many points they are a picture, not elements. */
const ELEMENTS = 4000;
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
  const area = areaWith(legendWidth(colouring));
  const [across, up] = equalScale([rangeOf(places, 0), rangeOf(places, 1)], area);
  const x = axisX(area, { label: labels[0], domain: across });
  const y = axisY(area, { label: labels[1], domain: up });
  const points = {
    count: places.length / 2,
    x: (row: number) => x.at(places[2 * row]!),
    y: (row: number) => y.at(places[2 * row + 1]!),
    colour: colourOf(colouring),
    mixes: colouring.by !== 'label',
  };
  const marks = points.count > ELEMENTS ? rasterOf(points, area) : circles(points);
  return chart({ title, note, area, x, y, marks, legend: legendOf(colouring, area, legendWidth(colouring)) });
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

/** Widens one of two ranges until both axes have the same scale: distances on the map are then true. */
function equalScale(
  ranges: readonly [[number, number], [number, number]],
  { left, right, top, bottom }: Area,
): readonly [[number, number], [number, number]] {
  const [wide, high] = [right - left, bottom - top];
  const unit = Math.max((ranges[0][1] - ranges[0][0]) / wide, (ranges[1][1] - ranges[1][0]) / high);
  const around = ([low, end]: [number, number], pixels: number): [number, number] => [
    (low + end - unit * pixels) / 2,
    (low + end + unit * pixels) / 2,
  ];
  return [around(ranges[0], wide), around(ranges[1], high)];
}

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
