import type { Command } from 'commander';
import { namedCommands } from './named-commands.js';

/** A command line, and what it does. */
export interface Example {
  does: string;
  line: string;
}

/** At least one for each command, by what a user types; the empty name is the program itself. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  '': [
    { does: 'Embed DNA with the built-in model', line: 'holdfast embed genes.fa --out out' },
    { does: 'See which models have a name', line: 'holdfast models' },
  ],
  embed: [
    {
      does: 'Embed proteins with ESM-2; rerun the same command to resume',
      line: 'holdfast embed proteins.faa --out out --model esm2-650m',
    },
    {
      does: 'See first what a run takes: batches, disk, memory, time',
      line: 'holdfast embed proteins.faa --out out --model esm2-650m --dry-run',
    },
    {
      does: 'Translate reads in all open frames, and keep a log of events',
      line: 'holdfast embed reads.fa.gz --out out --model esm2-8m --translate=open --log out/events.ndjson',
    },
    {
      does: 'Keep the run apart from its result, where each try has a new output folder',
      line: 'holdfast embed reads.fa --out out --work /scratch/reads',
    },
    {
      does: 'Read standard input, and report for a program',
      line: 'holdfast embed - --out out --progress json',
    },
  ],
  status: [
    { does: 'Show how a run stands, from any terminal', line: 'holdfast status out' },
    { does: 'Keep showing it', line: 'holdfast status --watch out' },
  ],
  dashboard: [
    { does: 'Show a run in the browser, live', line: 'holdfast dashboard out --open' },
    { does: 'Colour the map by labels of your own', line: 'holdfast dashboard out --labels families.tsv' },
    { does: 'Write one page for colleagues', line: 'holdfast dashboard out --static map.html' },
  ],
  submit: [
    {
      does: 'Submit to Slurm, on preemptible GPUs; rerun the same command to submit what is left',
      line: 'holdfast submit proteins.faa --out out --model esm2-650m --partition spot --gpus-per-task 1 --time 4:00:00',
    },
    {
      does: 'See first what would be submitted',
      line: 'holdfast submit proteins.faa --out out --cpus-per-task 8 --sbatch-arg=--account=lab --dry-run',
    },
    {
      does: 'Wait for the result, at most ten tasks at once',
      line: 'holdfast submit proteins.faa --out out --shards 200 --max-concurrent 10 --wait',
    },
    {
      does: 'Render the Jobs for Kubernetes',
      line: 'holdfast submit /data/in.faa --out /data/out --engine kubernetes --image my/holdfast --claim data:/ --dry-run',
    },
  ],
  cancel: [{ does: 'End the jobs of a run; finished work is kept', line: 'holdfast cancel out' }],
  work: [{ does: 'Help with a run that was planned for several machines', line: 'holdfast work out' }],
  join: [{ does: 'Join what the tasks have computed', line: 'holdfast join out' }],
  export: [
    {
      does: 'Write a Parquet file with the IDs, for DuckDB or pandas',
      line: 'holdfast export out --to parquet',
    },
    { does: 'Write what ProtSpace reads', line: 'holdfast export out --to h5 -o proteins.h5' },
    {
      does: "Write what VirNucPro's predict step reads, of two results",
      line: 'holdfast export dnabert --to virnucpro --merge-with esm2 -o merged',
    },
  ],
  get: [
    { does: 'Print the rows of two sequences', line: 'holdfast get out P69905 P68871' },
    {
      does: 'Write the contact map of one protein',
      line: 'holdfast get out P69905 --from contacts -o P69905.npy',
    },
    { does: 'Write the rows of a list of IDs', line: 'holdfast get out --ids wanted.txt -o wanted.npy' },
  ],
  search: [
    { does: 'Find the ten nearest sequences of a run', line: 'holdfast search out query.fa' },
    {
      does: 'Find what is near a sequence of the run itself',
      line: 'holdfast search out --id P69905',
    },
    {
      does: 'Write the hundred nearest by Euclidean distance to a file',
      line: 'holdfast search out query.fa -k 100 --metric euclidean -o hits.tsv',
    },
  ],
  plot: [
    { does: 'Draw a map of the rows', line: 'holdfast plot out -o map.svg' },
    {
      does: 'Draw a UMAP, coloured by a table of IDs and labels',
      line: 'holdfast plot out --projection umap --labels families.tsv -o umap.svg',
    },
    { does: 'Draw the throughput of a run', line: 'holdfast plot out --what throughput -o rate.svg' },
  ],
  verify: [{ does: 'Prove what a run left on disk', line: 'holdfast verify out' }],
  models: [{ does: 'List the models as JSON', line: 'holdfast models --json' }],
  'models get': [
    { does: 'Download two models', line: 'holdfast models get esm2-8m facebook/esm2_t12_35M_UR50D' },
  ],
  'models check': [{ does: 'Try a model folder of your own', line: 'holdfast models check ./my-model' }],
  'models export': [
    { does: 'Write a folder with an ONNX graph', line: 'holdfast models export esm2-8m --to esm2-8m-onnx' },
  ],
  inspect: [
    { does: 'Show the first values of every tensor', line: 'holdfast inspect --head 3 batch_00000.pt' },
  ],
  doctor: [{ does: 'Check this machine and an output folder', line: 'holdfast doctor --out out' }],
  completion: [
    { does: 'Complete options in this bash', line: 'source <(holdfast completion bash)' },
    {
      does: 'Complete options in every fish',
      line: 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
    },
  ],
  help: [{ does: 'Show the options of a command', line: 'holdfast help models get' }],
};

/** Adds its examples to each command's help. */
export function addExamples(program: Command): void {
  for (const [name, command] of [['', program] as const, ...namedCommands(program)]) {
    const examples = EXAMPLES[name];
    if (examples === undefined) throw new Error(`no example for ${name}`);
    const lines = examples.flatMap(({ does, line }) => [`  # ${does}`, `  ${line}`]);
    command.addHelpText('after', `\nExample${examples.length > 1 ? 's' : ''}:\n${lines.join('\n')}`);
  }
}
