import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { layout } from '@holdfast/run-folder';
import { expect, test } from 'vitest';
import { RunLogs } from './run-logs.js';

test('each line of a log ends with the CRC-32 of the text before it', async () => {
  const place = layout(await mkdtemp(join(tmpdir(), 'logs-')));
  const logs = new RunLogs(place);
  logs.write({ type: 'ready', slot: 0 });
  logs.write({ type: 'ready', slot: 0 });
  await logs.close();
  const lines = (await readFile(place.log(0), 'utf8')).split('\n').slice(0, -1);
  expect(lines).toHaveLength(2);
  for (const line of lines) {
    const { crc32: sum, ...event } = JSON.parse(line);
    expect(event).toMatchObject({ format: 1, event: 'ready', slot: 0, time: expect.any(String) });
    const text = line.slice(0, line.lastIndexOf(',"crc32"'));
    expect(Number.parseInt(sum, 16)).toBe(crc32(text));
  }
});
