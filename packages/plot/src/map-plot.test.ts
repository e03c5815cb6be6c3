import { expect, it } from 'vitest';
import type { Colouring } from './colouring.js';
import { mapPlot } from './map-plot.js';

const mapOf = (count: number, colouring: Colouring) =>
  mapPlot({
    title: 'Map of out',
    note: '',
    places: Float32Array.from({ length: 2 * count }, (_, at) => Math.sin(at * at) * (at % 7)),
    labels: ['Principal component 1', 'Principal component 2'],
    colouring,
  });
const byLength = (count: number): Colouring => ({
  by: 'value',
  called: 'length',
  label: 'Length in residues',
  values: Float32Array.from({ length: count }, (_, at) => 10 + (at % 5000)),
});

it('draws few points as circles within the axes, coloured by a value with a scale', () => {
  const picture = mapOf(50, byLength(50));
  const circles = [...picture.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="3" fill="(#\w{6})"\/>/g)];
  expect(circles).toHaveLength(50);
  for (const [, x, y] of circles) {
    expect(Number(x)).toBeGreaterThan(84);
    expect(Number(x)).toBeLessThan(750);
    expect(Number(y)).toBeGreaterThan(76);
    expect(Number(y)).toBeLessThan(536);
  }
  expect(new Set(circles.map(([, , , colour]) => colour)).size).toBeGreaterThan(20);
  expect(picture).toContain('>Length in residues<');
  expect(picture).toContain('>Principal component 2<');
});

it('draws many points as one picture, the same each time, and small', () => {
  const picture = mapOf(200_000, byLength(200_000));
  expect(picture).not.toContain('<circle');
  expect(picture.match(/href="data:image\/png;base64,iVBOR/g)).toHaveLength(1);
  expect(picture.length).toBeLessThan(1_500_000);
  expect(mapOf(200_000, byLength(200_000))).toBe(picture);
});

it('names labels, the most frequent first, and what has no colour of its own', () => {
  const names = Array.from({ length: 12 }, (_, at) => (at === 0 ? '<b>&"' : `label ${at}`));
  const of = Uint16Array.from({ length: 60 }, (_, at) => at % 13);
  const picture = mapOf(60, { by: 'label', called: 'family', of, names, counts: [...names.map(() => 4), 8] });
  expect(picture).toContain('>&lt;b&gt;&amp;&quot; (4)<');
  expect(picture).toContain('>2 other labels (8)<');
  expect(picture).toContain('>no label (8)<');
});

it('draws a map of no point, and of one', () => {
  expect(mapOf(0, { by: 'nothing' })).toContain('<svg');
  expect(mapOf(1, byLength(1)).match(/<circle/g)).toHaveLength(1);
});

it('has one scale for both axes, and colours that one outlier does not take', () => {
  const places = Float32Array.of(0, 0, 100, 0, 0, 10);
  const values = Float32Array.from({ length: 3 }, (_, at) => at);
  const picture = mapPlot({
    title: '',
    note: '',
    places,
    labels: ['1', '2'],
    colouring: { by: 'value', called: 'length', label: 'Length in residues', values },
  });
  const [a, b, c] = [...picture.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
    +x!,
    +y!,
  ]);
  expect((b![0]! - a![0]!) / (a![1]! - c![1]!)).toBeCloseTo(10, 1);
  const outlier = mapOf(500, {
    by: 'value',
    called: 'length',
    label: 'Length in residues',
    values: Float32Array.from({ length: 500 }, (_, at) => (at === 3 ? 1e6 : 100 + (at % 50))),
  });
  expect(
    new Set([...outlier.matchAll(/<circle [^>]*fill="(#\w{6})"/g)].map(([, colour]) => colour)).size,
  ).toBeGreaterThan(40);
  expect(outlier).toContain('>largest 1,000,000<');
});

it('never cuts two names to the same', () => {
  const names = ['Influenza A virus (H1N1)', 'Influenza A virus (H5N1)', 'x'.repeat(200)];
  const picture = mapOf(6, {
    by: 'label',
    called: 'virus',
    of: Uint16Array.of(0, 0, 0, 1, 1, 2),
    names,
    counts: [3, 2, 1, 0],
  });
  for (const name of names) expect(picture).toContain(`<title>${name} (`);
  expect(picture).toContain('>Influenza A virus (H1N1) (3)<');
  expect(picture).toContain('>Influenza A virus (H5N1) (2)<');
});
