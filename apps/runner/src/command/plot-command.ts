import { type Command, Option } from 'commander';
import { folder } from './folder.js';
import { FORCE, refuseIdleForce } from './force.js';
import { ROWS_FROM } from './get-command.js';
import { file } from './option-values.js';

// As `PLOTS` and `PROJECTIONS` of `@holdfast/plot`, which is loaded by a plot only.
const PLOTS = ['map', 'lengths', 'throughput'] as const;
const PROJECTIONS = ['pca', 'umap'] as const;

/** The options of `holdfast plot`. */
export interface PlotCommand {
  dir: string;
  what: (typeof PLOTS)[number];
  output?: string;
  force: boolean;
  projection?: (typeof PROJECTIONS)[number];
  labels?: string;
  colourBy?: string;
  from?: string;
}

export function plotCommand(program: Command, run: (options: PlotCommand) => Promise<void>): void {
  program
    .command('plot')
    .description(
      'Draws a run as SVG, without a browser: a map of its rows, the lengths of its sequences, or its throughput. The run stays as it is.',
    )
    .argument('<dir>', 'the --out of a run', folder)
    .addOption(
      new Option('--what <plot>', 'what to draw').choices(PLOTS).default('map' satisfies PlotCommand['what']),
    )
    .option('-o, --output <file>', 'write the SVG here, once it is whole (default: standard output)', file)
    .option('--force', FORCE, false)
    .addOption(
      new Option(
        '--projection <how>',
        'how a map is made; umap takes seconds to minutes (default: pca)',
      ).choices(PROJECTIONS),
    )
    .option('--from <output>', `for a map: ${ROWS_FROM}`, file)
    .option(
      '--labels <file>',
      'a table that colours a map: tab-separated, the ID first, a line for each ID, columns named',
      file,
    )
    .option(
      '--colour-by <what>',
      'what colours a map: length, file, cluster, or a column of --labels (default: its first column, or else length)',
    )
    .action(async (dir: string, options: Omit<PlotCommand, 'dir'>) => {
      refuseIdleForce(options.force, options.output, '--output');
      await run({ dir, ...options });
    });
}
