/** How the residues of a model that has one token for each become tokens. */
export interface LetterTokens {
  alphabet: 'dna' | 'protein';
  /** Token of each residue that the model knows; residues are single characters, nucleotides and amino acids in upper case. */
  ids: ReadonlyMap<string, number>;
  /** Token of every other residue. */
  other: number;
  /** Whether adjacent residues with the token `other` make it once. */
  fused: boolean;
  padding: number;
  /** Tokens before and after the residues. */
  prefix: readonly number[];
  suffix: readonly number[];
  /** Most tokens that the tokenizer's own settings allow, special ones included; absent for no limit. */
  longest?: number;
}

/** Reads some residues as another, if the model's authors prepare sequences so. */
export function readAs(ids: Map<string, number>, residues: string, as: string): Map<string, number> {
  const id = ids.get(as);
  if (id !== undefined) for (const residue of residues) ids.set(residue, id);
  return ids;
}
