/** What a model needs besides its weights; whatever of these exists is taken. */
const BESIDE = new Set([
  'config.json',
  'holdfast.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'spiece.model',
]);

/** Ways to lay out weights, the best first: the whole file, or an index with numbered shards. */
const WEIGHTS: readonly { whole: string; index: string; shard: RegExp }[] = [
  {
    whole: 'model.safetensors',
    index: 'model.safetensors.index.json',
    shard: /^model-\d+-of-(\d+)\.safetensors$/,
  },
  {
    whole: 'pytorch_model.bin',
    index: 'pytorch_model.bin.index.json',
    shard: /^pytorch_model-\d+-of-(\d+)\.bin$/,
  },
];
/** Where ESM C has its file. */
const ESM_C = /^data\/weights\/[\w.-]+\.pth$/;
/** Graphs of other people's exports. */
const GRAPHS = ['model.onnx', 'onnx/model.onnx'];
/** What follows the name of a graph in the names of its external data. */
const DATA = /^[._]data(_\d+)?$/;

/**
 * Chooses the files that make up one model, the one by which it is recognized last: where that is, the others are.
 *
 * @param names of all files, relative to the model's folder, with `/`.
 * @returns null if there are no complete weights among them.
 */
export function chooseFiles(names: readonly string[]): string[] | null {
  const weights = weightsIn(names);
  return weights === null ? null : [...names.filter((name) => BESIDE.has(name)).sort(), ...weights];
}

/** What tells a model's tokens. */
const TOKENS = ['holdfast.json', 'tokenizer.json', 'vocab.txt', 'spiece.model', 'vocab.json'];

/**
 * Whether a folder has what a model of weights needs, as far as names tell: Python's programs download only what they
 * need, which may be less.
 */
export function looksWhole(names: readonly string[]): boolean {
  const chosen = chooseFiles(names);
  if (chosen === null) return false;
  if (ESM_C.test(chosen.at(-1)!)) return true;
  return names.includes('config.json') && TOKENS.some((name) => names.includes(name));
}

function weightsIn(names: readonly string[]): string[] | null {
  const there = new Set(names);
  for (const { whole, index, shard } of WEIGHTS) {
    if (there.has(whole)) return [whole];
    const shards = names.filter((name) => shard.test(name)).sort();
    const count = Number(shard.exec(shards[0] ?? '')?.[1]);
    if (there.has(index) && shards.length === count) return [...shards, index];
  }
  const [esmC, ...others] = names.filter((name) => ESM_C.test(name));
  if (esmC !== undefined && others.length === 0) return [esmC];
  const graph = GRAPHS.find((name) => there.has(name));
  if (graph === undefined) return null;
  return [
    ...names.filter((name) => name.startsWith(graph) && DATA.test(name.slice(graph.length))).sort(),
    graph,
  ];
}
