/** Seconds before each new try; after the last one no more is made. */
const PAUSES = [1, 2, 4, 8, 15, 30, 60];
/** The same while no name could be resolved yet. A machine that has just started gets names within seconds; one without a network would only wait. */
const PAUSES_UNRESOLVED = [1, 2, 4, 8, 15];
/** The most seconds that a hub may ask us to wait. */
const MOST_ASKED = 300;

/**
 * Seconds to wait after the nth failure in a row; null: give up.
 *
 * @param asked the seconds that the hub asks for; NaN: none.
 * @param unresolved whether the name of the hub, or of the proxy, is not known, and nothing has answered yet.
 */
export function pauseBefore(failures: number, asked: number, unresolved = false): number | null {
  const pause = (unresolved ? PAUSES_UNRESOLVED : PAUSES)[failures - 1];
  if (pause === undefined) return null;
  return asked > 0 ? Math.min(Math.max(asked, pause), MOST_ASKED) : pause;
}
