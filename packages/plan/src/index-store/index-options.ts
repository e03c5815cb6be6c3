import type { Cut, InputOptions } from '@holdfast/fasta';
import type { BucketLimits } from '../buckets.js';
import type { LetterPlan } from '../letters/letter-plan.js';
import type { IndexSummary } from './format.js';

/** Progress of the index. */
export interface IndexProgress {
  /** The current input. */
  file: string;
  /** Raw bytes read so far, over all inputs. */
  bytes: number;
  sequences: number;
  residues: number;
}

/** The input and how to index it. */
export interface BuildIndexOptions extends Pick<InputOptions, 'stdin' | 'signal'> {
  /** FASTA or FASTQ files, compressed or not, `-` for standard input; at least one. Ordinals follow this order. */
  inputs: readonly string[];
  /** Created if missing. After an error it contains an incomplete index, which the caller removes. */
  folder: string;
  /** 256 flags: nonzero for each upper-case byte that may be a residue. */
  allowed: Uint8Array;
  /** Ends the error about a disallowed byte: what the model reads, and the remedy. */
  hint: string;
  /** Tokens of a sequence with this many residues, after truncation. */
  tokensOf(residues: number): number;
  /** Token budget of a batch, padding included: count × longest. */
  batchTokens: number;
  /** How much is sorted by length together; see `bucketLimits`. The write buffers fit 16,384 sequences. */
  bucket: BucketLimits;
  /** Most residues that the model reads of a sequence; longer sequences are counted. Default: no limit. */
  maxResidues?: number;
  /** Compute a sequence with the residues of an earlier one only once. Default: false. */
  dedupe?: boolean;
  /** How records become sequences. Default: each is one. */
  cut?: Cut;
  /** How letters are counted and changed. Default: neither counted nor changed. */
  letters?: LetterPlan;
  /** What is done with a record that cannot be used. Default: `refuse`, once all inputs are read. */
  onBadRecord?: 'refuse' | 'skip';
  /** Ends the error about such records if there are others: how to go on without them. */
  wayOn?: string;
  /** How the ID is found in a header: see `idRule`. Default: `first-word`. */
  id?: string;
  /** Seconds that a regular expression for IDs may take for 128 KiB of an input. Default: 10. */
  idSeconds?: number;
  /** What is done if records share an ID. Default: `refuse`. */
  dedupeIds?: 'refuse' | 'suffix';
  /** Describes the run of the index, from the inputs as read; stored in the summary. Default: no run. */
  runOf?(inputs: IndexSummary['inputs']): { fingerprint: string };
  /** Called after each chunk of input, up to a few thousand times per second. */
  onProgress?(progress: IndexProgress): void;
}
