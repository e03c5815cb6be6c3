import { expect, test } from 'vitest';
import { aftermath } from './aftermath.js';

test.each([
  [true, false, 'what was done is kept, type the same line again to go on'],
  [true, true, 'what was done is kept, type the line again without --force-restart to go on'],
  [false, false, 'nothing was begun, type the same line again to begin'],
  [false, true, 'nothing was begun, type the same line again to begin'],
])('begun: %s, --force-restart: %s', (begun, forceRestart, says) => {
  const { kept, again } = aftermath({ begun, forceRestart });
  expect(kept + again).toBe(says);
});
