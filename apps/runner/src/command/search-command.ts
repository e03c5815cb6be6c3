import type { DeviceWish } from '@holdfast/preflight';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { folder } from './folder.js';
import { FORCE, refuseIdleForce } from './force.js';
import { ROWS_FROM } from './get-command.js';
import { atOnce, device, file, files, model, whole } from './option-values.js';
import { progressOptions, type Reporting, reportingOf } from './progress-options.js';
import { mayRepeat } from './strict-options.js';

/** As `METRICS` of `@holdfast/neighbours`, which is loaded by a search only. */
const METRICS = ['cosine', 'dot', 'euclidean'] as const;

/** The options of `holdfast search`. */
export interface SearchCommand {
  dir: string;
  queries: readonly string[];
  /** Sequences of the run itself. */
  id?: string[];
  /** A file with more of them, one a line. */
  ids?: string;
  from?: string;
  k: number;
  metric: (typeof METRICS)[number];
  json: boolean;
  output?: string;
  force: boolean;
  model?: string;
  device?: DeviceWish;
  workers?: number;
  onBadRecord?: 'refuse' | 'skip';
  dedupeIds?: 'refuse' | 'suffix';
}

/** More hits of one query than this are no neighbourhood; they are held in memory. */
const MOST_HITS = 100_000;

function hits(text: string): number {
  const value = whole(text);
  if (value > MOST_HITS) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_HITS}.`);
  return value;
}

export function searchCommand(
  program: Command,
  run: (options: SearchCommand, reporting: Reporting) => Promise<void>,
): void {
  const command = program
    .command('search')
    .description(
      "Finds the sequences of a run whose rows are nearest to those of other sequences, which it embeds with the run's own model, or of its own. The run stays as it is.",
    )
    .argument('<dir>', 'the --out of a complete run', folder)
    .argument(
      '[query...]',
      'FASTA or FASTQ files of what to search for, compressed or not; - is standard input',
      files,
    )
    .addOption(
      mayRepeat(
        new Option('--id <id...>', 'sequences of the run itself instead, by their IDs; no model is needed'),
      ),
    )
    .option('--ids <file>', 'a file with such IDs, one a line; - is standard input', file)
    .option('--from <output>', ROWS_FROM, file)
    .option('-k, --neighbours <n>', 'rows to find for each query', hits, 10)
    .addOption(
      new Option('--metric <how>', 'how near two rows are')
        .choices(METRICS)
        .default('cosine' satisfies Metric),
    )
    .option('-o, --output <file>', 'write the table here, once it is whole (default: standard output)', file)
    .option('--force', FORCE, false)
    .option('--json', 'one JSON object per query, with all digits', false)
    .option('--model <name|path>', "where the run's model is now (default: where it was)", model)
    .option('--device <name>', "cpu, cuda[:N], … or auto, for the queries (default: the run's)", device)
    .option('--workers <n>', 'worker processes that embed the queries (default: as for embed)', atOnce);
  command.addOption(
    new Option(
      '--on-bad-record <what>',
      'what to do with queries that cannot be used: refuse, or skip and name them (default: as the run did)',
    ).choices(['refuse', 'skip']),
  );
  command.addOption(
    new Option(
      '--dedupe-ids <how>',
      'what to do if queries share an ID: refuse them, or append the suffix _2, _3, … (default: as the run did)',
    ).choices(['suffix', 'refuse']),
  );
  progressOptions(command, 'standard error').action(async (dir: string, queries: string[] = [], given) => {
    const { progress, quiet, neighbours: k, ...options } = given;
    refuseIdleForce(options.force, options.output, '--output');
    await run({ dir, queries, k, ...options }, reportingOf(command, { progress, quiet }));
  });
}

type Metric = SearchCommand['metric'];
