import { expect, test } from 'vitest';
import { deviceSlots, threadsPerWorker } from './device-slots.js';

// biome-ignore lint/suspicious/noExplicitAny: what JavaScript may hand over.
type Any = any;
const notObjects = [null, 5, 'x', [], new Map()];
const notWhole = [-1, 0.5, Number.NaN, '5', null, 5n];
const slots = async (request: Any) =>
  deviceSlots({ kind: 'cuda', slots: 1, visible: '0', gpus: 1, ...request });

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, async (request) => deviceSlots(request)],
  ['cores', [0, Number.NaN, '4'], async (cores) => threadsPerWorker(cores, 1)],
  ['slots', [0, Number.NaN, '4'], async (number) => threadsPerWorker(4, number)],
  ['kind', [undefined, 'rocm'], (kind) => slots({ kind })],
  ['slots', [undefined, 0, ...notWhole], (number) => slots({ slots: number })],
  ['visible', [0, null], (visible) => slots({ visible })],
  ['gpus', [undefined, -1, '2'], (gpus) => slots({ gpus })],
  ['index', notWhole, (index) => slots({ index })],
  ['device', [0], (device) => slots({ device })],
])('%s that is one of %o is refused by name', async (option, values, use) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
});
