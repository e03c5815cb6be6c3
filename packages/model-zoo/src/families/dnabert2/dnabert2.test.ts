import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plainDnabert2 } from '../../../test/plain-dnabert2.js';
import { casesOf, fixture, idsOf, largest, readJson, run, session } from '../../../test/run-graph.js';
import { openWeights } from '../../weights/open-weights.js';
import { alibiSlopes, dnabert2Graph } from './dnabert2.js';

const path = join(fixture('dnaberts_tiny'), 'config.json');
const config = readJson(path);
const weights = await openWeights(fixture('dnaberts_tiny'));
const plain = (ids: readonly number[]) =>
  plainDnabert2(weights, config.num_attention_heads, config.num_hidden_layers, ids);

test('slopes are those of the public code, for 12 heads too', () => {
  const { alibi_slopes } = readJson(join(fixture('dnaberts_tiny'), 'expected.json'));
  expect(largest([alibiSlopes(12)], [alibi_slopes])).toBeLessThan(1e-7);
});

test('the plain computation is that of the public code', () => {
  for (const of of casesOf('dnaberts_tiny').slice(0, 3))
    expect(largest(plain(idsOf(of)!), of['last_hidden_state'] as number[][])).toBeLessThan(5e-6);
});

test('beyond alibi_starting_size, every token is that of a plain computation in double precision', async () => {
  const long = casesOf('dnaberts_tiny').find(({ id }) => id === 'long')!;
  const ids = idsOf(long)!.slice(0, 400);
  expect(ids.length).toBeGreaterThan(10 * config.alibi_starting_size);
  const found = await run(await session(dnabert2Graph(path, config, weights)), ids);
  const most = largest(found, plain(ids));
  // Measured:
  expect(most).toBeLessThan(1e-5);
});
