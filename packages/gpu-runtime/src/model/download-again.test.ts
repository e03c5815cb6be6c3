import { expect, test } from 'vitest';
import { downloadAgain } from './download-again.js';

test.each([
  ['/models/esm2/model.safetensors', /^download all files/],
  ['/c/hub/models--a--b--c/snapshots/c0ffee/onnx/model.onnx', /^run `holdfast models get a\/b--c@c0ffee`, /],
  ['/c/hub/models--a--b/blobs/c0ffee', /^run `holdfast models get a\/b`, /],
])('how to get %s again', (path, remedy) => {
  expect(downloadAgain(path)).toMatch(remedy);
});
