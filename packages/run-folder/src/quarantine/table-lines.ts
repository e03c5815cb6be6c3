/** The lines of a `quarantine.tsv`: its first line is the header, and an ID may begin with # too. */
export const tableLines = (table: string): string[] =>
  table
    .split('\n')
    .slice(1)
    .filter((line) => line !== '');
