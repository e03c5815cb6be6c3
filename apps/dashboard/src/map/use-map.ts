import type { MapName, ResultInfo } from '@holdfast/dashboard';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Colour, PointMap, Source } from '../data/source.js';
import { type Painted, painted } from './palette.js';
import { fitted } from './view.js';

/** What the map shows, as far as it has come. */
export interface Shown {
  places: Float32Array | null;
  /** The share of the variance that each axis has, if it is known. */
  shares: readonly number[] | null;
  colour: Colour | null;
  paint: Painted | null;
  /** What is being fetched or computed. */
  waiting: { map: boolean; colour: boolean };
  fault: string | null;
}

/** The colouring that depends on the output. */
const CLUSTERS = 'clusters';

/** Fetches a map and a colouring of an output; what was fetched once is kept. */
export function useMap(source: Source, info: ResultInfo, from: string, name: MapName, key: string): Shown {
  const [maps, setMaps] = useState<Record<string, PointMap>>({});
  const [colours, setColours] = useState<Record<string, Colour>>({});
  const [fault, setFault] = useState<string | null>(null);
  const fail = (error: Error) => setFault(error.message);
  const mapOf = `${name} ${from}`;
  // Other colourings are the same for each output.
  const colourOf = key === CLUSTERS ? `${key} ${from}` : key;
  useEffect(() => {
    if (maps[mapOf] === undefined)
      source
        .map(name, from)
        .then(
          ({ places, shares }) => setMaps((old) => ({ ...old, [mapOf]: { places: fitted(places), shares } })),
          fail,
        );
  }, [source, info.id, mapOf]);
  useEffect(() => {
    if (colours[colourOf] === undefined)
      source.colour(key, from).then((colour) => setColours((old) => ({ ...old, [colourOf]: colour })), fail);
  }, [source, info.id, colourOf]);
  const colour = colours[colourOf] ?? null;
  const paint = useMemo(() => (colour === null ? null : painted(colour)), [colour]);
  const waiting = { map: maps[mapOf] === undefined, colour: colour === null };
  const { places = null, shares = null } = maps[mapOf] ?? {};
  return { places, shares, colour, paint, waiting, fault };
}
