import fc from 'fast-check';
import { expect, it } from 'vitest';
import { element, escaped, shortened, text } from './svg.js';

it('writes any text so that no part of it is markup, and none is lost but what XML forbids', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (given) => {
      const written = escaped(given);
      expect(written).not.toMatch(/[<>"]|&(?!(?:amp|lt|gt|quot);)/);
      expect(written).not.toMatch(/(?![\t\n\r])\p{Cc}|[\ufffe\uffff]/u);
      const read = written
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&');
      expect(read).toBe(given.replace(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, '\ufffd'));
    }),
  );
});

it('writes elements, numbers with two decimals, and short texts', () => {
  expect(text(1.23456, 2, '<script>alert("1")</script>', { class: 'a"b' })).toBe(
    '<text x="1.23" y="2" class="a&quot;b">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</text>',
  );
  expect(element('g', { fill: 'red' })).toBe('<g fill="red"/>');
  expect(shortened('🧬🧬🧬🧬', 3)).toBe('🧬🧬…');
});
