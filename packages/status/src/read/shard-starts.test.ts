import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ShardStarts } from './shard-starts.js';

const line = (second: number, shard: number, type = 'resumed') =>
  `{"time":"2027-01-01T00:00:0${second}.000Z","type":"${type}","shard":${shard}}\n`;
const at = (second: number) => Date.parse(`2027-01-01T00:00:0${second}.000Z`);

it('reads each line of all logs once, as they grow, are torn, and are begun again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'starts-'));
  const starts = new ShardStarts(join(folder, 'logs'));
  expect(await starts.read()).toEqual([]);
  mkdirSync(join(folder, 'logs', 'task_a'), { recursive: true });
  const own = join(folder, 'logs', 'worker_0.log');
  writeFileSync(own, line(1, 0) + line(2, 0, 'assigned') + line(3, 0).slice(0, 30));
  writeFileSync(join(folder, 'logs', 'task_a', 'worker_1.log'), line(4, 1));
  writeFileSync(join(folder, 'logs', 'coordinator.log'), line(5, 2));
  const first = { at: at(1), shard: 0 };
  const other = { at: at(4), shard: 1 };
  expect(await starts.read()).toEqual([other, first]);
  appendFileSync(own, `${line(3, 0).slice(30)}"event":"resumed" torn\n`);
  expect(await starts.read()).toEqual([other, first, { at: at(3), shard: 0, taken: at(2) }]);
  expect(await starts.read()).toHaveLength(3);
  writeFileSync(own, line(6, 3));
  expect(await starts.read()).toEqual([other, { at: at(6), shard: 3 }]);
});
