/** A link of a page to a file of the repository. */
export interface Link {
  /** As written, without the anchor; empty for a link within the page. */
  path: string;
  /** Without `#`; undefined where there is none. */
  anchor: string | undefined;
  line: number;
}

/** A test that a page names as proof. */
export interface Citation {
  path: string;
  title: string;
  line: number;
}

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g;
const CITATION = /\]\(([^)\s]+\.test\.ts)\): “([^”]+)”/g;
const ELSEWHERE = /^[a-z][a-z+.-]*:/i;

/** Links to files of the repository; code is left out. */
export function linksIn(page: string): Link[] {
  return prose(page).flatMap((text, at) =>
    [...text.matchAll(LINK)].flatMap(([, target = '']) => {
      if (ELSEWHERE.test(target)) return [];
      const [path = '', anchor] = target.split('#');
      return [{ path: decodeURI(path), anchor, line: at + 1 }];
    }),
  );
}

/** Tests that are named as `[file](path.test.ts): “title”`. */
export function citationsIn(page: string): Citation[] {
  return prose(page).flatMap((text, at) =>
    [...text.matchAll(CITATION)].map(([, path = '', title = '']) => ({ path, title, line: at + 1 })),
  );
}

/** The anchors that GitHub makes of a page's headings. */
export function anchorsIn(page: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const text of prose(page)) {
    const heading = /^#{1,6} (.*)$/.exec(text)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    anchors.add(before === 0 ? slug : `${slug}-${before}`);
  }
  return anchors;
}

/** A page's lines; those of code blocks are empty, and so is code within a line. */
function prose(page: string): string[] {
  let fenced = false;
  return page.split('\n').map((text) => {
    if (/^\s*```/.test(text)) {
      fenced = !fenced;
      return '';
    }
    if (fenced) return '';
    // A heading's and a link's own code stays: only what looks like a link within code must go.
    return text.replace(/`[^`]*\]\([^`]*`/g, '');
  });
}
