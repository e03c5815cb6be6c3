import type { Translation } from '@holdfast/fasta';
import { DEFAULT_MODEL, LONG_SEQUENCES, POOLINGS, parseDevice } from '@holdfast/gpu-runtime';
import type { DeviceWish, DoctorOptions } from '@holdfast/preflight';
import type { InspectOptions } from '@holdfast/pt-inspect';
import { formats } from '@holdfast/run-folder';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { QuarantineLimit } from '../coordinate/quarantine-limit.js';
import { type EmbedOptions, MOST_AT_ONCE } from '../embed-options.js';

/** More than any machine or input needs; small multiples of it are still exact integers. */
const MOST = 1_000_000_000;

function wholeTo(most: number, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${most}.`);
  }
  return value;
}

const whole = (text: string) => wholeTo(MOST, text);
/** Workers, and threads of a worker. */
const atOnce = (text: string) => wholeTo(MOST_AT_ONCE, text);

function tokensOrAuto(text: string): number | 'auto' {
  if (text === 'auto') return text;
  try {
    return whole(text);
  } catch {
    throw new InvalidArgumentError(`It must be auto, or a whole number from 1 to ${MOST}.`);
  }
}

/** Only digits and a decimal point, not the other forms that JavaScript parses, such as 0x10. */
function seconds(text: string): number {
  const value = Number(text);
  if (!/^(\d+(\.\d*)?|\.\d+)$/.test(text) || value <= 0 || value > MOST) {
    throw new InvalidArgumentError(
      `It must be a number of seconds above 0, up to ${MOST}, such as 90 or 2.5.`,
    );
  }
  return value;
}

function device(text: string): DeviceWish {
  try {
    return text === 'auto' ? text : { ...parseDevice(text), every: !text.includes(':') };
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function folder(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

function model(text: string): string {
  if (text.trim() === '') {
    throw new InvalidArgumentError('It must be the name of a built-in model, or a model folder.');
  }
  return text;
}

/** Adds one of several files. */
function files(text: string, before: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It must name a file.');
  return [...before, text];
}

function layer(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError("It must name one of the graph's outputs.");
  return text;
}

function frames(text: string): Translation {
  if (text === 'open' || text === 'all') return text;
  throw new InvalidArgumentError(
    'It must be open or all. The word after --translate is read as its value: put the files first, or write --translate=open.',
  );
}

function count(text: string): number {
  if (text === '0') return 0;
  try {
    return whole(text);
  } catch {
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${MOST}.`);
  }
}

function mostQuarantined(text: string): QuarantineLimit {
  const value = Number(text.replace(/%$/, ''));
  if (/^\d+$/.test(text) && value <= MOST) return { count: value };
  if (/^(\d+(\.\d*)?|\.\d+)%$/.test(text) && value <= 100) return { percent: value };
  throw new InvalidArgumentError(
    `It must be a whole number of sequences from 0 to ${MOST}, or a share of the input from 0% to 100%.`,
  );
}

/** What each command does with its options. */
export interface Commands {
  embed(options: EmbedOptions): Promise<void>;
  inspect(options: InspectOptions): Promise<void>;
  models(options: { json: boolean }): Promise<void>;
  doctor(options: DoctorOptions): Promise<void>;
}

/** The command line. */
export function commandLine(version: string, commands: Commands): Command {
  const program = new Command('holdfast')
    .description('Embeds sequences with a model. Whatever gets killed, rerun the same command to resume.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see `holdfast help COMMAND`)');
  program
    .command('embed')
    .description('FASTA in, embeddings out. Rerun the same command to resume a run that ended early.')
    .argument('<input...>', 'FASTA files, plain or gzip; - is standard input', files)
    .requiredOption('--out <dir>', 'folder for the result and for everything a resume needs', folder)
    .option('--model <name|path>', 'a built-in model or a model folder', model, DEFAULT_MODEL)
    .addOption(
      new Option(
        '--pooling <how>',
        "how token vectors are pooled into a row (default: the model's, else mean over residues)",
      ).choices(POOLINGS),
    )
    .addOption(
      new Option(
        '--long-sequences <how>',
        "how sequences longer than the model reads are embedded (default: the model's, else truncate)",
      ).choices(LONG_SEQUENCES),
    )
    .option(
      '--window-overlap <n>',
      "residues that a window shares with the one before (default: the model's, else 0)",
      count,
    )
    .option('--layer <name>', "the graph's output that rows are made from (default: the model's)", layer)
    .option(
      '--device <name>',
      'cpu, cuda[:N], tensorrt[:N], webgpu, … or auto: the fastest that works',
      device,
      'auto',
    )
    .addOption(
      new Option(
        '--translate [frames]',
        'translate nucleotides for a protein model: the open frames, or all six',
      )
        .argParser(frames)
        .preset('open'),
    )
    .option('--keep-u', 'keep U (or T) if the model knows only the other of the two')
    .option('--keep-stop', 'keep a final * at the end of a protein')
    .option('--workers <n>', 'worker processes (default: one per core, or one per GPU)', atOnce)
    .option(
      '--threads <n>',
      'CPU threads per worker (default: its share of the cores; fixed by the first run)',
      atOnce,
    )
    .option(
      '--shards <n>',
      'shards to cut the work into (default: 4 per worker or core; fixed by the first run)',
      whole,
    )
    .option('--seq-threshold <n>', 'checkpoint after this many sequences (default: 10000)', whole)
    .option('--time-threshold <sec>', 'checkpoint after this many seconds (default: 300)', seconds)
    .option(
      '--batch-tokens <n|auto>',
      "token budget of a batch, padding included; auto measures (default: on a CPU the model's, else 512; elsewhere auto)",
      tokensOrAuto,
    )
    .option(
      '--max-quarantined <n|p%>',
      'stop the run when more sequences than this are quarantined (default: 100 or 1%, the larger)',
      mostQuarantined,
    )
    .option(
      '--retry-quarantined',
      'embed all quarantined sequences again, including those that the model refused',
    )
    .option(
      '--stall-timeout <sec>',
      'seconds without progress after which a worker is restarted (default: 600)',
      seconds,
    )
    .option('--grace <sec>', 'seconds a worker gets to save and exit before SIGKILL (default: 30)', seconds)
    .addOption(
      new Option('--format <format>', 'file format of the embeddings')
        .choices(Object.keys(formats))
        .default('safetensors'),
    )
    .option('--force-restart', 'replace an earlier run in the folder, once the input has been read', false)
    .action(async (inputs: string[], given) => {
      const { timeThreshold, stallTimeout, grace, ...others } = given;
      const { pooling, longSequences, windowOverlap, layer, ...options } = others;
      await commands.embed({
        inputs,
        ...options,
        overrides: { pooling, longSequences, windowOverlap, output: layer },
        ...(timeThreshold === undefined ? {} : { timeThresholdSec: timeThreshold }),
        ...(stallTimeout === undefined ? {} : { stallTimeoutSec: stallTimeout }),
        ...(grace === undefined ? {} : { graceSec: grace }),
      });
    });
  program
    .command('inspect')
    .description('Shows what PyTorch files (.pt) hold. Executes nothing in them, whoever made them.')
    .argument('<file...>', '.pt files of any PyTorch since 0.1.10', files)
    .option(
      '--json',
      'one JSON object per file, with the SHA-256 of every tensor; checks all checksums',
      false,
    )
    .option('--head <n>', 'show the first n values of every tensor and list', count, 0)
    .action(async (files: string[], { json, head }) => {
      await commands.inspect({ files, json, head });
    });
  program
    .command('models')
    .description('Lists the built-in models, and explains how to use one of your own.')
    .option('--json', 'one JSON object per model', false)
    .action(async ({ json }) => {
      await commands.models({ json });
    });
  program
    .command('doctor')
    .description(
      'Shows what this machine can run, and what prevents the rest. Writes 64 MiB into the folder and removes them.',
    )
    .option('--out <dir>', 'the output folder that a run would use', folder, '.')
    .option('--json', 'one JSON object with all findings and facts', false)
    .action(async ({ out, json }) => {
      await commands.doctor({ out, json });
    });
  for (const command of program.commands) {
    refuseRepeated(command);
    refuseSwallowed(command);
  }
  return program;
}

/** Without this, an option that lacks its value would swallow the next option. */
function refuseSwallowed(command: Command): void {
  const names = new Set(['-h', '--help']);
  for (const { short, long } of command.options) for (const name of [short, long]) if (name) names.add(name);
  for (const option of command.options) {
    if (!option.required) continue;
    const { parseArg } = option;
    option.argParser((text: string, before: unknown) => {
      const [name] = text.split('=');
      if (names.has(name!))
        throw new InvalidArgumentError(`${name} is an option: give a value for ${option.long} before it.`);
      return parseArg === undefined ? text : parseArg(text, before as never);
    });
  }
}

/** An option that is given twice is ambiguous. */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    let given = false;
    command.on(`option:${option.name()}`, () => {
      if (given) command.error(`error: option '${option.flags}' is given twice; give it once`);
      given = true;
    });
  }
}
