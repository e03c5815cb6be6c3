import type { MapName, Neighbour, ResultInfo, RowDetail, Work } from '@holdfast/dashboard';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Source } from '../data/source.js';
import { counted, grouped } from '../words.js';
import { FindId } from './find-id.js';
import type { Tool } from './gestures.js';
import { LegendList } from './legend-list.js';
import { MapCanvas, type Mark } from './map-canvas.js';
import { PickedPoint } from './picked-point.js';
import { SelectedPoints } from './selected-points.js';
import { useMap } from './use-map.js';
import { valueWords } from './value-words.js';

const NAMES: Readonly<Record<MapName, string>> = { pca: 'PCA', umap: 'UMAP' };

/** The map of the embeddings, and what is known of its points. */
export function MapSection({ source, info, work }: { source: Source; info: ResultInfo; work: Work | null }) {
  const [name, setName] = useState<MapName>('pca');
  const [from, setFrom] = useState(info.from);
  const [key, setKey] = useState(info.colours[0]!.key);
  const [tool, setTool] = useState<Tool>('move');
  const [reset, setReset] = useState(0);
  const [picked, setPicked] = useState<number | null>(null);
  const [near, setNear] = useState<Neighbour[] | null>(null);
  const [selected, setSelected] = useState<Uint32Array | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const [hoveredDetail, setHoveredDetail] = useState<RowDetail | null>(null);
  const shown = useMap(source, info, from, name, key);
  const output = info.outputs.find((each) => each.name === from)!;
  const points = source.points(info);

  // The last map stays until the next is there.
  const last = useRef<Float32Array | null>(null);
  if (shown.places !== null) last.current = shown.places;
  const places = last.current;

  const colours = useMemo(() => {
    if (shown.paint === null) return null;
    const all = shown.paint.colours;
    if (selected === null) return all;
    const some = all.slice();
    for (let at = 3; at < some.length; at += 4) some[at] = 0;
    for (const point of selected) some[point * 4 + 3] = 255;
    return some;
  }, [shown.paint, selected]);

  useEffect(() => {
    setHoveredDetail(null);
    if (hovered === null) return;
    let gone = false;
    source.detail(hovered).then(
      (detail) => !gone && setHoveredDetail(detail),
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [source, hovered]);

  const pick = (point: number | null) => {
    setPicked(point);
    setNear(null);
  };
  const choose = (output: string) => {
    setFrom(output);
    setNear(null);
  };
  const onKey = (pressed: string) => {
    if (pressed === 'l') setTool('lasso');
    else if (pressed === 'm') setTool('move');
    else if (pressed === 'n' && near?.[0] !== undefined) pick(near[0].row);
    else if (pressed === 'Escape') {
      pick(null);
      setSelected(null);
    }
  };
  const marks: Mark[] = [
    ...(near ?? []).map((each, at): Mark => ({ point: each.row, text: `${at + 1}`, kind: 'neighbour' })),
    ...(picked === null ? [] : [{ point: picked, text: '', kind: 'picked' } as const]),
    ...(hovered === null ? [] : [{ point: hovered, text: '', kind: 'hovered' } as const]),
  ];

  return (
    <section class="map" aria-labelledby="map">
      <div class="map-bar">
        <h2 id="map">Map</h2>
        <Choice
          legend="Projection"
          value={name}
          set={(each) => setName(each)}
          of={Object.entries(NAMES) as [MapName, string][]}
        />
        <Choice
          legend="Pointer"
          value={tool}
          set={(each) => setTool(each)}
          of={[
            ['move', 'Move'],
            ['lasso', 'Lasso'],
          ]}
        />
        <button type="button" class="plain" onClick={() => setReset(reset + 1)}>
          Show all
        </button>
        {info.outputs.length > 1 && (
          <label class="field">
            <span class="quiet note">Rows of</span>
            <select value={from} onChange={(event) => choose(event.currentTarget.value)}>
              {info.outputs.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.title}
                </option>
              ))}
            </select>
          </label>
        )}
        <label class="field">
          <span class="quiet note">Colour by</span>
          <select value={key} onChange={(event) => setKey(event.currentTarget.value)}>
            {info.colours.map((colour) => (
              <option key={colour.key} value={colour.key}>
                {colour.name}
              </option>
            ))}
          </select>
        </label>
        <FindId source={source} onFound={pick} />
      </div>
      <div class="map-body">
        <div>
          <div class="map-stage">
            {places !== null && (
              <MapCanvas
                places={places}
                colours={colours}
                tool={tool}
                marks={marks}
                reset={reset}
                tip={
                  hoveredDetail && <Tip detail={hoveredDetail} value={valueWords(shown.colour, hovered)} />
                }
                label={`Map of ${counted(points, 'sequence')}. Arrow keys move, plus and minus zoom, 0 shows all, Enter picks the point in the middle, N goes to its nearest neighbour, L is the lasso, M moves, Escape ends a choice.`}
                onPick={pick}
                onHover={setHovered}
                onSelect={setSelected}
                onKey={onKey}
              />
            )}
            <Waiting shown={shown} name={name} work={work?.from === from ? work : null} />
          </div>
          {shown.paint !== null && (
            <LegendList
              name={info.colours.find((each) => each.key === key)?.name ?? ''}
              legend={shown.paint.legend}
              colour={shown.colour!}
              onSelect={setSelected}
            />
          )}
        </div>
        <aside class="map-side">
          {selected !== null && (
            <SelectedPoints
              source={source}
              selected={selected}
              of={points}
              onClear={() => setSelected(null)}
            />
          )}
          {picked !== null && (
            <PickedPoint
              source={source}
              point={picked}
              from={from}
              near={near}
              setNear={setNear}
              onPick={pick}
            />
          )}
          {picked === null && selected === null && <Hints neighbours={source.neighbours !== null} />}
        </aside>
      </div>
      <p class="quiet caption">
        {counted(points, 'sequence')}
        {points < info.rows && `, a sample of ${grouped(info.rows)}`}: {output.title} by {info.model},{' '}
        {output.dim} numbers each.{' '}
        {name === 'umap'
          ? 'UMAP keeps neighbours together; distances between groups say little.'
          : `The two directions in which the embeddings vary most${varianceWords(shown.shares)}.`}
      </p>
    </section>
  );
}

/** How much the axes say. */
const varianceWords = (shares: readonly number[] | null): string =>
  shares === null
    ? ''
    : `, with ${shares.map((share) => `${(100 * share).toFixed(1)}%`).join(' and ')} of the variance`;

/** What a point is, and the value that colours it. */
function Tip({ detail, value }: { detail: RowDetail; value: string | null }) {
  return (
    <>
      <b>{detail.id}</b> {detail.description}
      {value !== null && <span class="quiet value">{value}</span>}
    </>
  );
}

/** What one can do, while nothing is done. */
function Hints({ neighbours }: { neighbours: boolean }) {
  return (
    <div class="hints quiet">
      <p>Point at a sequence to see its ID.</p>
      <p>Click one to {neighbours ? 'find its nearest neighbours' : 'see what it is'}.</p>
      <p>Draw a lasso around many, or click a colour below the map, to save their IDs.</p>
    </div>
  );
}

function Waiting({
  shown,
  name,
  work,
}: {
  shown: ReturnType<typeof useMap>;
  name: MapName;
  work: Work | null;
}) {
  if (shown.fault !== null) return <p class="waiting bad">{shown.fault}</p>;
  if (!shown.waiting.map && !shown.waiting.colour) return null;
  const what = shown.waiting.map ? NAMES[name] : 'the colours';
  const done =
    work !== null && (work.what === name || (!shown.waiting.map && work.what === 'clusters'))
      ? work.done
      : null;
  return (
    <p class="waiting" role="status">
      Computing {what} … {done !== null && `${Math.round(100 * done)}%`}
    </p>
  );
}

/** One of few. */
function Choice<T extends string>({
  legend,
  value,
  set,
  of,
}: {
  legend: string;
  value: T;
  set(value: T): void;
  of: readonly (readonly [T, string])[];
}) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {of.map(([each, text]) => (
        <label key={each}>
          <input
            type="radio"
            name={legend}
            value={each}
            checked={each === value}
            onChange={() => set(each)}
          />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
