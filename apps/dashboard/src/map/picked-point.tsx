import type { Neighbour, RowDetail } from '@holdfast/dashboard';
import { useEffect, useState } from 'preact/hooks';
import type { Source } from '../data/source.js';
import { grouped } from '../words.js';

interface Props {
  source: Source;
  point: number;
  /** The output that is compared. */
  from: string;
  near: Neighbour[] | null;
  setNear(near: Neighbour[]): void;
  onPick(point: number): void;
}

/** Nine digits, as `holdfast search` writes them. */
const shownDistance = (distance: number): string => `${Number(distance.toPrecision(9))}`;

/** The point that was picked, and its nearest neighbours: in the embeddings themselves, not on the map. */
export function PickedPoint({ source, point, from, near, setNear, onPick }: Props) {
  const [detail, setDetail] = useState<RowDetail | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    const fail = (error: Error) => !gone && setFault(error.message);
    setDetail(null);
    setFault(null);
    source.detail(point).then((found) => !gone && setDetail(found), fail);
    source.neighbours?.(point, from).then((found) => !gone && setNear(found), fail);
    return () => {
      gone = true;
    };
  }, [source, point, from]);
  return (
    <div class="picked-point">
      {detail !== null && (
        <>
          <h3 class="mono">{detail.id}</h3>
          {detail.description !== '' && <p>{detail.description}</p>}
          <p class="quiet">
            row {grouped(detail.row)}
            {detail.length !== null && `, ${grouped(detail.length)} residues`}
            {detail.file !== null && `, from ${detail.file}`}
          </p>
        </>
      )}
      {fault !== null && <p class="bad">{fault}</p>}
      {source.neighbours === null ? (
        <p class="quiet">Neighbours need the dashboard itself: this page has the maps only.</p>
      ) : near === null ? (
        <p class="quiet" role="status">
          Comparing every row …
        </p>
      ) : (
        <>
          <h4>
            Nearest neighbours <span class="distance">cosine distance</span>
          </h4>
          <ol class="neighbours">
            {near.map((each) => (
              <li key={each.row}>
                <button type="button" onClick={() => onPick(each.row)} title={each.description}>
                  <span class="mono">{each.id}</span>
                  {each.description !== '' && <small>{each.description}</small>}
                  <span class="distance">{shownDistance(each.distance)}</span>
                </button>
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
