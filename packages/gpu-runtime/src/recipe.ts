/** How residues become a model's tokens, and its output becomes rows: all that the graph itself does not say. */
export interface ModelRecipe {
  /** Element type of the token input, and of the mask if there is one. */
  idType: 'int32' | 'int64';
  /** Token of each byte of a sequence, 256 entries. */
  table: readonly number[];
  /** Token that fills short sequences up to the longest of their batch. */
  padding: number;
  /** Tokens before and after the residues. */
  prefix: readonly number[];
  suffix: readonly number[];
  /** A batch narrower than this is padded to it, since the graph needs so many tokens. */
  minimumTokens: number;
  inputs: { ids: string; mask?: string };
  output: {
    name: string;
    /** `none`: the output is [n, dim]. `mean`: it is [n, tokens, dim], and a row is the mean over its residues. */
    pooling: 'none' | 'mean';
  };
}

/** The 256-entry table of a recipe: `ids` for the characters it names, `other` for every other byte. */
export function tokenTable(ids: ReadonlyMap<string, number>, other: number): number[] {
  const table = new Array<number>(256).fill(other);
  for (const [residue, id] of ids) table[residue.charCodeAt(0)] = id;
  return table;
}
