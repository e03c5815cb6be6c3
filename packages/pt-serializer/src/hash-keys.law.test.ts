import { expect, test } from 'vitest';
import { archive } from '../test/archive.js';
import { PtFormatError } from './format-error.js';
import { openPt } from './open.js';

test('numbers of one hash, which are slow to compare, are counted wherever they become keys', async () => {
  // All have the same lower 64 bits, the only ones that V8 hashes of such a long int.
  const far = (n: number) => `\x8a\x0c\x07\0\0\0\0\0\0\0${String.fromCharCode(n & 255, n >> 8, 1, 0)}`;
  const keys = (count: number) => Array.from({ length: count }, (_, n) => far(n));
  const dict = (count: number) => `}(${keys(count).join('N')}Nu`;
  const counted = async (pickle: string) =>
    expect(
      openPt(await archive(`\x80\x02${pickle}.`), { limits: { keyComparisons: 27 } }),
    ).rejects.toMatchObject({
      code: 'limit',
      message: expect.stringContaining('limits.keyComparisons'),
    });
  await counted(dict(8));
  await counted(`(${`${dict(4)}`.repeat(5)}l`);
  await counted(
    `}${keys(8)
      .map((key) => `${key}Ns`)
      .join('')}`,
  );
  await counted(`(${keys(8).join('N')}Nd`);
  await counted(`c__builtin__\nset\n](${keys(8).join('')}e\x85R`);
  await counted(`c__builtin__\nfrozenset\n](${keys(8).join('')}e\x85R`);
  await counted(`\x8f(${keys(8).join('')}\x90`);
  await counted(`(${keys(8).join('')}\x91`);
  await counted(`ccollections\nOrderedDict\n${dict(7)}\x85R`);
  await counted(
    `ccollections\nOrderedDict\n](${keys(8)
      .map((key) => `${key}N\x86`)
      .join('')}e\x85R`,
  );
  const refused = await openPt(await archive(`\x80\x02${dict(2 ** 16)}.`)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(PtFormatError);
  expect(refused).toMatchObject({ code: 'limit' });
  expect((await openPt(await archive(`\x80\x02${dict(8)}.`))).value).toMatchObject({ size: 8 });
});
