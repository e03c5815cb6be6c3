/** A word that a POSIX shell reads as it is, whatever is in it. A NUL has no such form. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
