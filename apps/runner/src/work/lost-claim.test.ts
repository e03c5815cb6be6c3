import { CheckpointWriteError, CheckpointWritesError } from '@holdfast/checkpoint';
import { expect, test } from 'vitest';
import { tellsOfLostClaim, whyLost } from './lost-claim.js';

const withCode = (code: string) => Object.assign(new Error(`a ${code} error`), { code });
const written = (cause: Error) => new CheckpointWritesError([new CheckpointWriteError('b.pt', cause)]);

test('a refused token, a removed folder and a checkpoint of another tell of a lost claim, however deep they lie', () => {
  for (const code of ['stale_claim', 'fenced', 'EEXIST']) {
    expect(tellsOfLostClaim(withCode(code))).toBe(true);
    expect(tellsOfLostClaim(written(withCode(code)))).toBe(true);
  }
  for (const other of [withCode('ENOENT'), written(withCode('ENOSPC')), 'text', undefined])
    expect(tellsOfLostClaim(other)).toBe(false);
});

test('the manifest has the last word', async () => {
  const stale = () => Promise.reject(withCode('stale_claim'));
  expect(await whyLost(written(withCode('fenced')), stale)).toBe('a stale_claim error');
  expect(await whyLost(withCode('fenced'), async () => undefined)).toBeNull();
  expect(await whyLost(withCode('fenced'), () => Promise.reject(withCode('EIO')))).toBeNull();
  expect(await whyLost(written(withCode('EEXIST')), stale)).toBe('a stale_claim error');
  expect(await whyLost(written(withCode('EEXIST')), async () => undefined)).toBeNull();
  expect(await whyLost(withCode('EIO'), stale)).toBeNull();
});
