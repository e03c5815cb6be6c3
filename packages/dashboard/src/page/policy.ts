import { createHash } from 'node:crypto';

/**
 * The Content-Security-Policy of a page: its own script and style by their digests, and nothing from elsewhere. No `eval`.
 *
 * @param html the built page, with its script and style inside.
 * @param server whether it may ask the server that it came from.
 */
export function policyOf(html: string, server: boolean): string {
  return [
    "default-src 'none'",
    `script-src ${digests(html, /<script type="module"[^>]*>([\s\S]*?)<\/script>/g)}`,
    `style-src ${digests(html, /<style[^>]*>([\s\S]*?)<\/style>/g)}`,
    'img-src data: blob:',
    `connect-src ${server ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
    // Not known in a <meta>, where browsers would complain.
    ...(server ? ["frame-ancestors 'none'"] : []),
  ].join('; ');
}

function digests(html: string, inside: RegExp): string {
  const all = [...html.matchAll(inside)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  );
  return all.length === 0 ? "'none'" : all.join(' ');
}
