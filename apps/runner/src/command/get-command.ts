import type { Command } from 'commander';
import { folder } from './folder.js';
import { FORCE, refuseIdleForce } from './force.js';
import { file } from './option-values.js';

/** What `--from` is for. */
export const FROM =
  'which output: embeddings, or any by its name, such as mean.layer_33 or per_token.layer_33 (default: embeddings)';

/** What `--from` is for where one row for each sequence is wanted. */
export const ROWS_FROM =
  'which rows: embeddings, or others by their name, such as cls.layer_33 (default: embeddings)';

/** The options of `holdfast get`. */
export interface GetCommand {
  folder: string;
  given: string[];
  /** A file with more IDs, one a line. */
  ids?: string;
  output?: string;
  from?: string;
  json: boolean;
  skipMissing: boolean;
  force: boolean;
}

export function getCommand(program: Command, run: (options: GetCommand) => Promise<void>): void {
  program
    .command('get')
    .description(
      'Prints or writes the rows of some sequences by their IDs, or the numbers of their tokens, in the order in which they are named.',
    )
    .argument('<dir>', 'the --out of a complete run', folder)
    .argument('[id...]', 'IDs, as in ids.txt')
    .option('--from <output>', FROM, file)
    .option('--ids <file>', 'a file with IDs, one a line; - is standard input', file)
    .option(
      '-o, --output <file>',
      'write a file instead; its ending says the format: .npy, .pt, .safetensors, .parquet, .arrow, .h5, .matrix.h5, .h5ad or .tsv',
      file,
    )
    .option(
      '--json',
      'print one JSON object for each row, instead of its ID and numbers separated by tabs',
      false,
    )
    .option('--skip-missing', 'leave out IDs without a row, and name them on standard error', false)
    .option('--force', FORCE, false)
    .action(async (dir: string, given: string[], options: Omit<GetCommand, 'folder' | 'given'>) => {
      refuseIdleForce(options.force, options.output, '--output');
      await run({ folder: dir, given, ...options });
    });
}
