import { HubError, type HubErrorCode } from '@holdfast/model-hub';
import { expect, test } from 'vitest';
import { isPinned, pinnedName } from './hub-pin.js';
import { withContext } from './hub-refusal.js';

const PIN = { id: 'a/b', revision: 'main', commit: 'c'.repeat(40) };
const error = (code: HubErrorCode) => new HubError(code, 'a/b', 'the hub says no', 'ask again');
const said = (code: HubErrorCode, model: string, pin?: typeof PIN) =>
  (withContext(error(code), model, pin) as Error).message;

test('what may have been meant as a path is told as both', () => {
  expect(said('hub_not_found', 'a/b')).toBe(
    'a/b: the hub says no (no file or folder here has this path, so it was taken as a name of Hugging Face); if it is a path, check it; if not, ask again',
  );
  for (const code of ['hub_offline', 'hub_unreachable', 'hub_refused'] as const)
    expect(said(code, 'a/b')).toMatch(/if it is a path/);
});

test('without a network, what needs none is named', () => {
  for (const code of ['hub_offline', 'hub_unreachable'] as const)
    expect(said(code, 'esm2-8m')).toBe(
      'a/b: the hub says no; ask again. --model also takes a folder or a file of a model, and tnf and aac need no download',
    );
});

test.each<[string, HubErrorCode, string]>([
  ['a short name', 'hub_not_found', 'esm2-8m'],
  ['a known name', 'hub_not_found', 'facebook/esm2_t6_8M_UR50D'],
  ['a revision', 'hub_not_found', 'a/b@v2'],
  ['a model that is there', 'hub_no_model', 'a/b'],
  ['a full disk', 'hub_no_room', 'a/b'],
])('%s is no path', (_, code, model) => {
  expect(said(code, model)).toBe('a/b: the hub says no; ask again');
});

test("a run's commit that is gone is not to be left out", () => {
  expect(said('hub_not_found', 'a/b', PIN)).toMatch(
    /^a\/b: the run began with the commit c{40},.*--force-restart/,
  );
  expect(said('hub_offline', 'a/b', PIN)).toBe('a/b: the hub says no; ask again');
});

test('other errors are left as they are', () => {
  const other = new RangeError('no');
  expect(withContext(other, 'a/b', PIN)).toBe(other);
});

test('a pin stands for its own revision only', () => {
  expect(pinnedName('a/b', PIN)).toEqual({ id: 'a/b', revision: PIN.commit });
  expect(pinnedName('a/b@v2', PIN)).toEqual({ id: 'a/b', revision: 'v2' });
  expect([isPinned('a/b@main', PIN), isPinned('a/c', PIN), isPinned('./a/b', PIN)]).toEqual([
    true,
    false,
    false,
  ]);
});
