import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ManifestModel } from '../model/model.js';
import { formatSnapshot, parseSnapshot } from './snapshot-format.js';

const written = () =>
  Buffer.from(
    [...formatSnapshot(ManifestModel.initial(2, 'id', '2026-11-28T00:00:00.000Z').toState())].join(''),
  );

test('each flipped bit of a manifest is found, be it in the name of its checksum', () => {
  const bytes = written();
  for (let at = 0; at < bytes.length; at++)
    for (let bit = 0; bit < 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << bit;
      expect(() => parseSnapshot('manifest.json', flipped), `byte ${at}, bit ${bit}`).toThrow(
        /^manifest\.json(: the manifest cannot be read| has version)/,
      );
    }
});

test('a manifest without a checksum, as earlier versions wrote it, is read', () => {
  const path = new URL('../../test/golden/plain/manifest.json', import.meta.url);
  expect(parseSnapshot('manifest.json', readFileSync(path))).toMatchObject({ world_size: 3 });
});
