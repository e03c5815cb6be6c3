import { CODES_WITHOUT_STOPS, type Cut, idTail, STANDARD_CODE } from '@holdfast/fasta';
import type { EmbedOptions } from '../embed-options.js';
import { UsageError } from '../errors.js';

const MIN_ORF = 30;

/** How records become sequences. @throws UsageError for options that do not go together. */
export function cutOf(options: EmbedOptions): Cut {
  const { chunk, stride, translate, geneticCode: code = STANDARD_CODE, minOrf, orfStart } = options;
  refuseAlone(options);
  const cut: Cut = {
    ...(chunk !== undefined && { chunk: { residues: chunk, ...(stride !== undefined && { stride }) } }),
    ...(translate === undefined
      ? {}
      : {
          translate:
            translate === 'orfs'
              ? { frames: translate, code, min: minOrf ?? MIN_ORF, start: orfStart ?? 'atg' }
              : { frames: translate, code },
        }),
  };
  if (options.dedupeIds === 'suffix' && idTail(cut) === null)
    throw new UsageError(
      `--dedupe-ids suffix does not go with ${chunk === undefined ? '--translate=orfs' : '--chunk'} yet; give every record a unique ID, or leave one of the two out`,
    );
  return cut;
}

function refuseAlone(options: EmbedOptions): void {
  const { chunk, stride, translate, geneticCode, minOrf, orfStart } = options;
  const orfs = translate === 'orfs';
  if (stride !== undefined && chunk === undefined)
    throw new UsageError('--stride needs --chunk, the length of a chunk; add it, or leave --stride out');
  if (stride !== undefined && chunk !== undefined && stride > chunk)
    throw new UsageError(
      `--stride ${stride} is longer than --chunk ${chunk}, so residues between two chunks would be left out; choose at most ${chunk}`,
    );
  if (geneticCode !== undefined && translate === undefined)
    throw new UsageError('--genetic-code needs --translate; add it, or leave --genetic-code out');
  if (minOrf !== undefined && !orfs)
    throw new UsageError('--min-orf needs --translate=orfs; add it, or leave --min-orf out');
  if (orfStart !== undefined && !orfs)
    throw new UsageError('--orf-start needs --translate=orfs; add it, or leave --orf-start out');
  if (orfs && geneticCode !== undefined && CODES_WITHOUT_STOPS.includes(geneticCode))
    throw new UsageError(
      `the stop codons of genetic code ${geneticCode} are amino acids too, so it has no open reading frames that can be told by their letters; use --translate=all, or another --genetic-code`,
    );
}
