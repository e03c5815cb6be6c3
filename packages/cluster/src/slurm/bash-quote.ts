/** A word that bash reads as it is, whatever is in it. A NUL has no such form. */
export const bashQuote = (text: string): string =>
  /^[\w./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A command as a line for bash. */
export const bashLine = (words: readonly string[]): string => words.map(bashQuote).join(' ');
