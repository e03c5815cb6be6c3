import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../../test/support.js';
import { makesScalesOfACall } from './dynamic-scales.js';

test.each([
  ['onnx/model.onnx', false],
  ['onnx/model_fp16.onnx', false],
  ['onnx/model_quantized.onnx', true],
])('%s makes scales from all numbers of a call: %s', (name, expected) => {
  expect(makesScalesOfACall(join(fixture('masked_lm'), name))).toBe(expected);
});
