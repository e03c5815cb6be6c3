import fc from 'fast-check';
import { expect, it } from 'vitest';
import { wrapped } from './wrapped.js';

it('keeps names apart that differ at the beginning or at the end', () => {
  expect(wrapped('Orthomyxoviridae (223)', 30, 3)).toEqual(['Orthomyxoviridae (223)']);
  expect(wrapped('Influenza A virus H1N1 (12)', 12, 3)).toEqual(['Influenza A', 'virus H1N1', '(12)']);
  const [a, b] = ['H1N1', 'H5N1'].map((kind) =>
    wrapped(`${'Influenza A virus '.repeat(9)}${kind} (5)`, 20, 2),
  );
  expect(a).not.toEqual(b);
  expect(a!.join(' ')).toContain('…');
});

it('never needs more room than there is, and loses nothing that has room', () => {
  const given = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '🧬'), maxLength: 80 });
  fc.assert(
    fc.property(
      given,
      fc.integer({ min: 4, max: 30 }),
      fc.integer({ min: 1, max: 4 }),
      (text, characters, most) => {
        const lines = wrapped(text, characters, most);
        expect(lines.length).toBeLessThanOrEqual(most);
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(characters);
        if ([...text].length <= characters) expect(lines).toEqual([text]);
        else if (!lines.join('').includes('…'))
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      },
    ),
  );
});
