import { expect, test } from 'vitest';
import { aftermath } from './aftermath.js';

test.each([
  [true, false, 'finished work is kept, rerun the same command to resume'],
  [true, true, 'finished work is kept, rerun the command without --force-restart to resume'],
  [false, false, 'nothing was started, rerun the same command to start'],
  [false, true, 'nothing was started, rerun the same command to start'],
])('begun: %s, --force-restart: %s', (begun, forceRestart, says) => {
  const { kept, again } = aftermath({ begun, forceRestart });
  expect(kept + again).toBe(says);
});
