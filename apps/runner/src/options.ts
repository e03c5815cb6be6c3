import { availableParallelism } from 'node:os';
import { DEFAULT_MODEL } from '@holdfast/gpu-runtime';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { EmbedOptions } from './embed.js';
import { formats } from './output/index.js';

/** Beyond any machine and any input, and a few times it is still an exact number. */
const MOST = 1_000_000_000;

function whole(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > MOST) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST}.`);
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number of seconds above 0.');
  }
  return value;
}

function folder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

/** The command line; `run` is called with what `embed` was given. */
export function commandLine(version: string, run: (options: EmbedOptions) => Promise<void>): Command {
  const program = new Command('holdfast')
    .description('Embeds sequences with a model, and loses nothing whatever is killed and whenever.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(holdfast embed --help tells the options)');
  program
    .command('embed')
    .description('FASTA in, embeddings out. The same line again goes on where an earlier run ended.')
    .argument('<input...>', 'FASTA files, plain or gzip; - is standard input')
    .requiredOption('--out <dir>', 'folder for the result and everything kept on the way', folder)
    .option('--model <name|path>', 'a built-in model or a model folder', DEFAULT_MODEL)
    .option('--workers <n>', 'worker processes', whole, availableParallelism())
    .option('--shards <n>', 'shares the work is cut in (default: 4 a worker; fixed by the first run)', whole)
    .option('--seq-threshold <n>', 'checkpoint after this many sequences (default: 10000)', whole)
    .option('--time-threshold <sec>', 'checkpoint after this many seconds (default: 300)', seconds)
    .option('--batch-tokens <n>', "tokens in one model call, padding included (default: the model's)", whole)
    .addOption(
      new Option('--format <format>', 'of the embeddings')
        .choices(Object.keys(formats))
        .default('safetensors'),
    )
    .option('--force-restart', 'remove what an earlier run left in the folder, and begin anew', false)
    .action(async (inputs: string[], { timeThreshold, ...options }) => {
      await run({
        inputs,
        ...options,
        ...(timeThreshold === undefined ? {} : { timeThresholdSec: timeThreshold }),
      });
    });
  return program;
}
