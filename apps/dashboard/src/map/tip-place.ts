import type { Place, Size } from './view.js';

/** CSS pixels between a point and what is written about it. */
const GAP = 14;

/** CSS pixels that such a text may be wide. */
const WIDEST = 340;

/** Where the tip of a point goes: on the side with more room, so none of it is cut off. */
export function tipPlace([x, y]: Place, { width, height }: Size): Record<string, string> {
  const [right, below] = [x < width / 2, y < height / 2];
  const room = Math.max(0, (right ? width - x : x) - GAP - 8);
  return {
    ...(right ? { left: px(x + GAP) } : { right: px(width - x + GAP) }),
    ...(below ? { top: px(y + GAP) } : { bottom: px(height - y + GAP) }),
    maxWidth: px(Math.min(WIDEST, room)),
  };
}

const px = (value: number): string => `${Math.round(value)}px`;
