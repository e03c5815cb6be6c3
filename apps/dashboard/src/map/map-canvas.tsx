import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Gestures, type Tool } from './gestures.js';
import { Nearby } from './nearby.js';
import { PointLayer } from './point-layer.js';
import { tipPlace } from './tip-place.js';
import { moved, type Place, toMap, toScreen, type View, whole, within, zoomed } from './view.js';

/** A point that is marked, and what is written beside it. */
export interface Mark {
  point: number;
  text: string;
  kind: 'picked' | 'neighbour' | 'hovered';
}

/** CSS pixels within which a pointer is at a point. */
const REACH = 12;

/** Milliseconds without a move after which the map stands still. */
const REST = 180;

/** CSS pixels that an arrow key moves. */
const STEP = 60;

interface Props {
  /** [points, 2], from −1 to 1. */
  places: Float32Array;
  /** Red, green, blue and 255 for what stands out, of each point. */
  colours: Uint8Array | null;
  tool: Tool;
  marks: readonly Mark[];
  /** Raised when everything is to be seen again. */
  reset: number;
  label: string;
  /** What is known of the point that is hovered. */
  tip: ComponentChildren;
  onPick(point: number | null): void;
  onHover(point: number | null): void;
  onSelect(points: Uint32Array): void;
  onKey(key: string): void;
}

/** The points, which can be moved, magnified, pointed at and encircled. */
export function MapCanvas(props: Props) {
  const { places, colours, tool, marks, reset, label, tip } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const layer = useRef<PointLayer | null>(null);
  const nearby = useRef<Nearby | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [view, setView] = useState<View | null>(null);
  const [lasso, setLasso] = useState<readonly Place[]>([]);
  const [able, setAble] = useState(true);
  const now = useRef({ view, size });
  now.current = { view, size };

  useEffect(() => {
    const element = canvas.current!;
    layer.current = PointLayer.on(element);
    setAble(layer.current !== null);
    const seen = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width, height });
    });
    seen.observe(element);
    const change = (next: (view: View) => View) => setView((old) => (old === null ? old : next(old)));
    const gestures = new Gestures(element, {
      tool: () => latest.current.tool,
      move: (dx, dy) => change((old) => moved(old, dx, dy)),
      zoom: (by, around) => change((old) => zoomed(old, by, around, now.current.size)),
      point: (at) => latest.current.onHover(at === null ? null : pointAt(at)),
      press: (at) => latest.current.onPick(pointAt(at)),
      draw: setLasso,
      encircled(path) {
        setLasso([]);
        const { view, size } = now.current;
        if (view !== null)
          latest.current.onSelect(
            within(
              latest.current.places,
              path.map((at) => toMap(at, view, size)),
            ),
          );
      },
    });
    const pointAt = (at: Place): number | null => {
      const { view, size } = now.current;
      if (view === null || nearby.current === null) return null;
      const [x, y] = toMap(at, view, size);
      return nearby.current.nearest(x, y, REACH / view.scale);
    };
    return () => {
      seen.disconnect();
      gestures.end();
      layer.current?.free();
    };
  }, []);

  useEffect(() => {
    layer.current?.points(places);
    nearby.current = null;
    // After the first picture.
    const later = setTimeout(() => {
      nearby.current = new Nearby(places);
      canvas.current?.setAttribute('data-ready', '');
    }, 50);
    return () => {
      clearTimeout(later);
      canvas.current?.removeAttribute('data-ready');
    };
  }, [places]);

  useEffect(() => {
    if (colours !== null) layer.current?.colour(colours);
  }, [places, colours]);

  useEffect(() => setView(size.width > 0 ? whole(size) : null), [reset, size.width > 0]);

  const drawn = useRef(view);
  useEffect(() => {
    if (view === null) return;
    const moving = drawn.current !== null && drawn.current !== view;
    drawn.current = view;
    const draw = (some: boolean) => {
      layer.current?.draw(view, size, devicePixelRatio, some);
      performance.mark('holdfast-map-drawn');
    };
    const frame = requestAnimationFrame(() => draw(moving));
    // All points again, once it stands still.
    const rest = moving ? setTimeout(() => draw(false), REST) : undefined;
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(rest);
    };
  }, [places, colours, view, size]);

  const placeOf = (point: number, from: View) =>
    toScreen([places[point * 2]!, places[point * 2 + 1]!], from, size);
  const hovered = marks.find(({ kind }) => kind === 'hovered');

  const placed: Place[] = [];
  /** Whether a mark's text would be written over another. */
  const crowded = (at: Place) => {
    const near = placed.some(([x, y]) => Math.abs(x - at[0]) < 15 && Math.abs(y - at[1]) < 13);
    if (!near) placed.push(at);
    return near;
  };

  const key = (event: KeyboardEvent) => {
    const middle: Place = [size.width / 2, size.height / 2];
    const moves: Record<string, (old: View) => View> = {
      ArrowLeft: (old) => moved(old, STEP, 0),
      ArrowRight: (old) => moved(old, -STEP, 0),
      ArrowUp: (old) => moved(old, 0, STEP),
      ArrowDown: (old) => moved(old, 0, -STEP),
      '+': (old) => zoomed(old, 1.5, middle, size),
      '=': (old) => zoomed(old, 1.5, middle, size),
      '-': (old) => zoomed(old, 1 / 1.5, middle, size),
      '0': () => whole(size),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = moves[event.key];
    if (move !== undefined) setView((old) => old && move(old));
    else if (event.key === 'Enter' && view !== null)
      props.onPick(
        nearby.current?.nearest(view.x, view.y, Math.hypot(size.width, size.height) / view.scale) ?? null,
      );
    else return props.onKey(event.key);
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the map is worked with keys.
    <div class={`map-canvas tool-${tool}`} tabIndex={0} role="application" aria-label={label} onKeyDown={key}>
      <canvas ref={canvas} />
      {!able && <p class="no-webgl">This browser has no WebGL 2, so the map cannot be drawn.</p>}
      {view !== null && (
        <svg class="overlay" width={size.width} height={size.height} aria-hidden="true">
          <path class="cross" d={`M${size.width / 2 - 8} ${size.height / 2}h16m-8 -8v16`} />
          {lasso.length > 1 && <polygon class="lasso" points={lasso.map((at) => at.join(',')).join(' ')} />}
          {marks.map(({ point, text, kind }) => {
            const at = placeOf(point, view);
            const [x, y] = at;
            return (
              <g key={`${kind} ${point}`} class={kind} transform={`translate(${x} ${y})`}>
                <circle r={kind === 'neighbour' ? 7 : 9} />
                {text !== '' && !crowded(at) && <text y={-10}>{text}</text>}
              </g>
            );
          })}
        </svg>
      )}
      {view !== null && hovered !== undefined && tip !== null && (
        <p class="tip" style={tipPlace(placeOf(hovered.point, view), size)}>
          {tip}
        </p>
      )}
    </div>
  );
}
