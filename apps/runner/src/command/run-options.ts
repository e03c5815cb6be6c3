import {
  DEFAULT_MODEL,
  INCLUDES,
  LONG_SEQUENCES,
  POOLINGS,
  PRECISIONS,
  STORED_TYPES,
} from '@holdfast/gpu-runtime';
import { formats } from '@holdfast/run-folder';
import { type Command, Option } from 'commander';
import type { EmbedOptions } from '../embed-options.js';
import { folder } from './folder.js';
import {
  cosine,
  count,
  device,
  files,
  frames,
  geneticCode,
  idOf,
  includes,
  layers,
  model,
  mostQuarantined,
  seconds,
  tokensOrAuto,
  whole,
} from './option-values.js';

// What `embed` and `submit` share: the options of a run, and what they make of them.

/** Adds the input, and the options that say what a row is made of. */
export const inputOptions = (command: Command): Command =>
  command
    .argument('<input...>', 'FASTA or FASTQ files, compressed or not; - is standard input', files)
    .requiredOption('--out <dir>', 'folder for the result and for everything a resume needs', folder)
    .option(
      '--work <dir>',
      'folder for everything a resume needs, if --out is to get the result alone (default: --out)',
      folder,
    )
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
    .option(
      '--layer <list>',
      "layers to make rows from, by number (-1 is the last) or by the name of the graph's output, separated by commas (default: the model's)",
      layers,
    )
    .option(
      '--include <list>',
      `what to compute beside the embeddings, in the same pass: ${INCLUDES.join(', ')}, separated by commas`,
      includes,
    )
    .addOption(
      new Option('--dtype <type>', 'how numbers are stored; 16 bits are rounded (default: float32)').choices(
        STORED_TYPES,
      ),
    )
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
        'translate nucleotides for a protein model: open (frames without a stop codon, for reads), all (all six frames), or orfs (open reading frames, for contigs and genomes)',
      )
        .argParser(frames)
        .preset('open'),
    )
    .option(
      '--genetic-code <n>',
      "with --translate: number of NCBI's genetic code (default: 1, the standard code)",
      geneticCode,
    )
    .option('--min-orf <n>', 'with --translate=orfs: fewest amino acids (default: 30)', whole)
    .addOption(
      new Option(
        '--orf-start <where>',
        'with --translate=orfs: begin at ATG, at any start codon of the code, or right behind a stop (default: atg)',
      ).choices(['atg', 'code', 'any']),
    )
    .option('--chunk <n>', 'cut each record into chunks of n residues', whole)
    .option(
      '--stride <n>',
      'with --chunk: begin one every n residues (default: as few chunks as possible, as VirNucPro cuts)',
      whole,
    )
    .option('--keep-u', 'keep U (or T) if the model knows only the other of the two')
    .option('--keep-stop', 'keep a final * at the end of a protein')
    .option('--strip-stop', 'drop a final * at the end of a protein even if the model knows it')
    .option('--keep-gaps', 'keep the gaps - and . of aligned sequences')
    .addOption(
      new Option(
        '--on-bad-record <what>',
        'what to do with records that cannot be used: refuse the input, or skip them and list them (default: refuse)',
      ).choices(['refuse', 'skip']),
    )
    .option(
      '--id <rule>',
      'the ID in a header: first-word, whole, or a regular expression, whose first group is the ID (default: first-word)',
      idOf,
    )
    .addOption(
      new Option(
        '--dedupe-ids <how>',
        'what to do if records share an ID: refuse the input, or append the suffix _2, _3, … (default: refuse)',
      ).choices(['suffix', 'refuse']),
    )
    .option(
      '--no-dedupe',
      'compute identical sequences one by one (default: once, and write the row for each)',
    );

/** Adds the options of the plan, of checkpoints and of failures. */
export const planOptions = (command: Command): Command =>
  command
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
    .option('--quarantine-ok', 'end with exit code 0 instead of 3 if sequences are quarantined')
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
    .option('--force-restart', 'replace an earlier run in the folder, once the input has been read', false);

/** Adds the options about the disk. */
export const diskOptions = (command: Command): Command =>
  command
    .option('--ignore-disk-space', 'begin even if the disk has less room than the run needs')
    .addOption(
      new Option(
        '--on-full-disk <what>',
        'what to do when the disk is full: pause until there is room, or stop with exit code 1 (default: pause)',
      ).choices(['pause', 'stop']),
    );

/** What commander makes of the options of a run, as `embed` takes them. */
// biome-ignore lint/suspicious/noExplicitAny: commander knows no type of options that others add.
export function embedOptionsOf(inputs: readonly string[], given: Record<string, any>): EmbedOptions {
  const { timeThreshold, stallTimeout, grace, ...others } = given;
  const { pooling, longSequences, windowOverlap, layer, include, dtype, precision, ...options } = others;
  const [output, ...more]: (string | undefined)[] = layer ?? [];
  const layers = more.length > 0 ? (more as string[]) : undefined;
  return {
    inputs,
    ...(options as Omit<EmbedOptions, 'inputs'>),
    overrides: { pooling, longSequences, windowOverlap, output, layers, include, dtype, precision },
    ...(timeThreshold === undefined ? {} : { timeThresholdSec: timeThreshold }),
    ...(stallTimeout === undefined ? {} : { stallTimeoutSec: stallTimeout }),
    ...(grace === undefined ? {} : { graceSec: grace }),
  };
}
