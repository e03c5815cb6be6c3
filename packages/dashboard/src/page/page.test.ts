import fc from 'fast-check';
import { expect, it } from 'vitest';
import { policyOf } from './policy.js';
import { inScript, staticHtml } from './static-html.js';

const PAGE =
  '<html><head><!-- holdfast:policy --><style>a{}</style></head><body><!-- holdfast:data --><script type="module">run()</script></body></html>';

it('allows its own script and style by their digests, and nothing else', () => {
  const policy = policyOf(PAGE, true);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'sha256-");
  expect(policy).toContain("connect-src 'self'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  expect(policyOf(PAGE, false)).toContain("connect-src 'none'");
});

it('keeps what is in its data from ending the element, and a dollar from meaning anything', () => {
  const id = '</script><script>alert(1)</script><!-- $& $1';
  const page = staticHtml(PAGE, { ids: [id] });
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page.match(/<!--/g)).toBeNull();
  const json = /id="holdfast-data">(.*?)<\/script>/.exec(page)![1]!;
  expect(JSON.parse(json)).toEqual({ ids: [id] });
});

it('is the same data, whatever they are', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = inScript(value);
      expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it('is refused without places for them', () => {
  expect(() => staticHtml('<html></html>', {})).toThrow('no place');
});
