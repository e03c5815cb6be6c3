import { type ExportName, exportFormats } from '@holdfast/export';
import { type Command, Option } from 'commander';
import { folder } from './folder.js';
import { FORCE } from './force.js';
import { FROM } from './get-command.js';
import { count, file } from './option-values.js';

/** What `--from` is for here. */
const SEVERAL = `${FROM}; for esm several with commas between, or all`;

/** The options of `holdfast export`. */
export interface ExportCommand {
  folder: string;
  to: ExportName;
  output?: string;
  from?: string;
  dtype?: 'stored' | 'float32';
  force: boolean;
  esmLayer?: number;
  mergeWith?: string;
}

export function exportCommand(program: Command, run: (options: ExportCommand) => Promise<void>): void {
  program
    .command('export')
    .description(
      'Writes the result of a run in the format of another tool. It reads the run, and changes nothing in it.',
    )
    .argument('<dir>', 'the --out of a complete run', folder)
    .addOption(
      new Option(
        '--to <format>',
        'npy, pt, safetensors: as embed --format; parquet, arrow, tsv: a table; h5: a dataset for each ID; h5-matrix: one matrix; h5ad: AnnData; esm, virnucpro: folders of .pt',
      )
        .choices(Object.keys(exportFormats))
        .makeOptionMandatory(),
    )
    .option('--from <output>', SEVERAL, file)
    .addOption(
      new Option(
        '--dtype <type>',
        'stored: as the run has its numbers; float32: widened, which changes none (default: stored in npy, pt, safetensors, arrow, h5 and h5-matrix, as far as they have the type, else float32)',
      ).choices(['stored', 'float32']),
    )
    .option('-o, --output <path>', 'where to; without it, beside <dir>, with the ending of the format', file)
    .option('--force', FORCE, false)
    .option(
      '--esm-layer <n>',
      "for esm: the number of the layer, if the model's name does not tell it",
      count,
    )
    .option(
      '--merge-with <dir>',
      'for virnucpro: the result of the other model, to write what its predict step reads',
      folder,
    )
    .action(async (dir: string, options: Omit<ExportCommand, 'folder'>) => {
      await run({ folder: dir, ...options });
    });
}
