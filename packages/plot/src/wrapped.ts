/**
 * A text in lines of at most so many characters, broken at blanks where it has them. If it needs more lines than there may be, its
 * middle is left out, since names that begin alike often differ at the end.
 */
export function wrapped(content: string, characters: number, lines: number): string[] {
  const found = broken(content, characters);
  if (found.length <= lines) return found;
  const all = [...content];
  // Lines that break early have less room: what is left out grows until the rest fits.
  for (let keep = characters * lines - 1; keep > 2; keep--) {
    const end = Math.floor(keep / 2);
    const shorter = `${all.slice(0, keep - end).join('')}…${all.slice(all.length - end).join('')}`;
    const fitting = broken(shorter, characters);
    if (fitting.length <= lines) return fitting;
  }
  return ['…'];
}

function broken(content: string, characters: number): string[] {
  if ([...content].length <= characters) return [content];
  const lines: string[] = [];
  let line = '';
  for (const word of content.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if ([...longer].length <= characters) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const rest = [...word];
    while (rest.length > characters) lines.push(rest.splice(0, characters).join(''));
    line = rest.join('');
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}
