import type { MapName, ResultInfo } from '@holdfast/dashboard';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Colour, Source } from '../data/source.js';
import { type Painted, painted } from './palette.js';
import { fitted } from './view.js';

/** What the map shows, as far as it has come. */
export interface Shown {
  places: Float32Array | null;
  colour: Colour | null;
  paint: Painted | null;
  /** What is being fetched or computed. */
  waiting: { map: boolean; colour: boolean };
  fault: string | null;
}

/** Fetches a map and a colouring; what was fetched once is kept. */
export function useMap(source: Source, info: ResultInfo, name: MapName, key: string): Shown {
  const [maps, setMaps] = useState<Partial<Record<MapName, Float32Array>>>({});
  const [colours, setColours] = useState<Record<string, Colour>>({});
  const [fault, setFault] = useState<string | null>(null);
  const fail = (error: Error) => setFault(error.message);
  useEffect(() => {
    if (maps[name] === undefined)
      source.map(name).then((map) => setMaps((old) => ({ ...old, [name]: fitted(map) })), fail);
  }, [source, info.id, name]);
  useEffect(() => {
    if (colours[key] === undefined)
      source.colour(key).then((colour) => setColours((old) => ({ ...old, [key]: colour })), fail);
  }, [source, info.id, key]);
  const colour = colours[key] ?? null;
  const paint = useMemo(() => (colour === null ? null : painted(colour)), [colour]);
  const waiting = { map: maps[name] === undefined, colour: colour === null };
  return { places: maps[name] ?? null, colour, paint, waiting, fault };
}
