import { DEFAULT_MODEL, LONG_SEQUENCES, POOLINGS, PRECISIONS } from '@holdfast/gpu-runtime';
import { OPERATORS, type Operators } from '@holdfast/models';
import type { DoctorOptions } from '@holdfast/preflight';
import type { InspectOptions } from '@holdfast/pt-inspect';
import { formats } from '@holdfast/run-folder';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { EmbedOptions } from '../embed-options.js';
import {
  atOnce,
  cosine,
  count,
  device,
  files,
  folder,
  frames,
  layer,
  model,
  mostQuarantined,
  seconds,
  tokensOrAuto,
  whole,
} from './option-values.js';

/** What each command does with its options. */
export interface Commands {
  embed(options: EmbedOptions): Promise<void>;
  inspect(options: InspectOptions): Promise<void>;
  models(options: { json: boolean }): Promise<void>;
  getModels(options: { models: string[] }): Promise<void>;
  checkModel(options: { model: string; json: boolean }): Promise<void>;
  exportModel(options: { model: string; to: string; operators: Operators }): Promise<void>;
  doctor(options: DoctorOptions): Promise<void>;
}

export function commandLine(version: string, commands: Commands): Command {
  const program = new Command('holdfast')
    .description('Embeds sequences with a model. Whatever gets killed, rerun the same command to resume.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see `holdfast help`)');
  program
    .command('embed')
    .description('FASTA in, embeddings out. Rerun the same command to resume a run that ended early.')
    .argument('<input...>', 'FASTA files, plain or gzip; - is standard input', files)
    .requiredOption('--out <dir>', 'folder for the result and for everything a resume needs', folder)
    .option(
      '--model <name|path>',
      'a model: a name (`holdfast models` lists them), OWNER/NAME of Hugging Face, a folder or a file',
      model,
      DEFAULT_MODEL,
    )
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
    .addOption(
      new Option(
        '--precision <p>',
        'what a model of published weights computes in; int8 is faster on a CPU, fp16 on a GPU, and both say what they cost (default: fp32)',
      ).choices(PRECISIONS),
    )
    .option(
      '--min-cosine <x>',
      'refuse a lower precision if any of up to 256 of the sequences has a row with a smaller cosine to that of fp32 (default: 0.99)',
      cosine,
    )
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
    .option(
      '--workers <n>',
      'worker processes (default: one per core that the memory has room for, or one per GPU)',
      atOnce,
    )
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
      const { pooling, longSequences, windowOverlap, layer, precision, ...options } = others;
      await commands.embed({
        inputs,
        ...options,
        overrides: { pooling, longSequences, windowOverlap, output: layer, precision },
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
  const models = program
    .command('models')
    .description('Lists the models that have a name, and explains how to use another one.')
    .option('--json', 'one JSON object per model', false)
    .action(async ({ json }) => {
      await commands.models({ json });
    });
  models
    .command('get')
    .description('Downloads models into the cache of Hugging Face, or what is new of them.')
    .argument('<name...>', 'short names, or OWNER/NAME[@REVISION]')
    .action(async (names: string[]) => {
      await commands.getModels({ models: names });
    });
  models
    .command('check')
    .description('Shows what a model makes of a sequence, and tries it on the CPU.')
    .argument('<name|path>', 'a model, as for --model', model)
    .option('--json', 'one JSON object', false)
    .action(async (name: string, _, command: Command) => {
      // The command above it has an option of this name, which takes it wherever it stands.
      const { json } = command.optsWithGlobals<{ json: boolean }>();
      await commands.checkModel({ model: name, json });
    });
  models
    .command('export')
    .description('Writes a model that is built from published weights as a folder with an ONNX graph.')
    .argument('<name|path>', 'a model, as for --model', model)
    .requiredOption('--to <dir>', 'a new folder', folder)
    .addOption(
      new Option(
        '--operators <which>',
        "plain: ONNX's own, for every engine; fused: those of ONNX Runtime too, faster there",
      )
        .choices(OPERATORS)
        .default('plain' satisfies Operators),
    )
    .action(async (name: string, { to, operators }) => {
      await commands.exportModel({ model: name, to, operators });
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
  for (const [name, command] of namedCommands(program)) {
    command.showHelpAfterError(`(see \`holdfast help ${name}\`)`);
    refuseRepeated(command);
    refuseSwallowed(command);
  }
  helpCommand(program);
  return program;
}

/** All commands by what a user types, such as `models get`. */
export function namedCommands(program: Command, before = ''): [name: string, command: Command][] {
  return program.commands.flatMap((command) => {
    const name = `${before}${command.name()}`;
    return [[name, command], ...namedCommands(command, `${name} `)] as [string, Command][];
  });
}

/** Commander's own help command shows the general help for a name that it does not know. */
function helpCommand(program: Command): void {
  program
    .command('help')
    .description('Shows the options of a command.')
    .argument('[command...]', 'the command; without one, all commands are listed')
    .action((words: string[]) => {
      const asked = words.join(' ');
      if (asked === '') program.help();
      const all = namedCommands(program);
      const [, known] = all.find(([name]) => name === asked) ?? [];
      if (known === undefined)
        program.error(
          `error: unknown command '${asked}'; the commands are ${all.map(([name]) => name).join(', ')}`,
        );
      known.help();
    });
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
