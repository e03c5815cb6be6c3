import { expect, test } from 'vitest';
import { modelName } from './model-name.js';

test.each([
  ['/models/esm2.v1', 'esm2.v1'],
  ['/models/esm2.pt', 'esm2'],
  ['/c/hub/models--facebook--esm2_t6_8M_UR50D/snapshots/c0ffee', 'facebook/esm2_t6_8M_UR50D'],
  ['/c/hub/models--a--b--c/snapshots/c0ffee/', 'a/b--c'],
])('%s is called %s', (path, name) => {
  expect(modelName(path)).toBe(name);
});
