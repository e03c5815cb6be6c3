/** The size of a terminal, in characters. */
export interface Size {
  columns: number;
  rows: number;
}

/** How many lines at the end are kept if not all fit: they say what to do next. */
const LAST = 2;

/** Moves to the beginning of a line above, and erases from there on. */
const upAndErase = (lines: number) => `${lines > 0 ? `\x1b[${lines}A` : ''}\r\x1b[J`;

/**
 * What draws lines over those that were drawn before. Lines are cut to the terminal, since a wrapped or scrolled line would
 * stay behind.
 *
 * @param before how many lines were drawn last time.
 * @returns the text to write, and how many lines it draws.
 */
export function redraw(
  lines: readonly string[],
  before: number,
  { columns, rows }: Size,
): { text: string; drawn: number } {
  const fits = Math.max(1, rows - 1);
  const last = fits > 2 * LAST ? LAST : 0;
  const shown =
    lines.length > fits
      ? [...lines.slice(0, fits - 1 - last), '…', ...lines.slice(lines.length - last)]
      : lines;
  const cut = shown.map((line) =>
    line.length < columns ? line : `${line.slice(0, Math.max(0, columns - 2))}…`,
  );
  return { text: `${upAndErase(before)}${cut.map((line) => `${line}\n`).join('')}`, drawn: cut.length };
}
