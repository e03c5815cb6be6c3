import { expect, test } from 'vitest';
import { aftermath } from './aftermath.js';

test.each([
  [true, false, 'what was done is kept, rerun the same command to resume'],
  [true, true, 'what was done is kept, rerun the command without --force-restart to resume'],
  [false, false, 'nothing was begun, rerun the same command to begin'],
  [false, true, 'nothing was begun, rerun the same command to begin'],
])('begun: %s, --force-restart: %s', (begun, forceRestart, says) => {
  const { kept, again } = aftermath({ begun, forceRestart });
  expect(kept + again).toBe(says);
});
