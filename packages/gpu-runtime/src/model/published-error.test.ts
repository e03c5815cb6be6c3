import { WeightsError } from '@holdfast/model-zoo';
import { PtFormatError } from '@holdfast/pt-serializer';
import { expect, test } from 'vitest';
import { modelError } from './published-error.js';

const pt = (code: 'forbidden' | 'zip') =>
  new PtFormatError(code, 'is so', { path: '/m/x.pt', member: 'x/data.pkl', offset: 2 });

test.each<[error: Error, message: string]>([
  [
    pt('forbidden'),
    '/m/x.pt: x/data.pkl, byte 2: is so; save it again in Python with model.save_pretrained(DIR), and give DIR',
  ],
  [
    pt('zip'),
    '/m/x.pt: x/data.pkl, byte 2: is so; download it again; if it stays so, save it again in Python with model.save_pretrained(DIR), and give DIR',
  ],
])('a .pt is named once, with what can help: %s', (error, message) => {
  expect((modelError(error) as Error).message).toBe(message);
});

test.each([
  ['/m/x.pt', /tensor\.float\(\)\.contiguous\(\)/],
  ['/m/model.safetensors', /model\.float\(\)\.save_pretrained\(DIR\)/],
])('how to mend weights of another type in %s', (path, remedy) => {
  expect(modelError(new WeightsError('weights_unusable', path, 'is so'))).toMatchObject({
    code: 'model_unsupported',
    remedy: expect.stringMatching(remedy),
  });
});
