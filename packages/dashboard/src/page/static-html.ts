import { policyOf } from './policy.js';

/** Where the built page takes its policy and its data. */
const HEAD = '<!-- holdfast:policy -->';
const DATA = '<!-- holdfast:data -->';

/**
 * The page with all its data inside, for a browser without a server.
 *
 * @throws Error if the page has no place for them.
 */
export function staticHtml(html: string, data: unknown): string {
  if (!html.includes(HEAD) || !html.includes(DATA)) throw new Error('the page has no place for its data');
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policyOf(html, false)}">`;
  const json = `<script type="application/json" id="holdfast-data">${inScript(data)}</script>`;
  return html.replace(HEAD, () => meta).replace(DATA, () => json);
}

/** JSON that ends no element, whatever its strings hold: it has no `<`, and no `&` or `>` that a careless tool would read. */
export function inScript(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
