import { type EmbeddingModel, loadModel, type resolveModel, WatchedFiles } from '@holdfast/gpu-runtime';

type Resolved = Awaited<ReturnType<typeof resolveModel>>;

/**
 * Loads a model whose rows are given away only if its files were still the run's after they were computed: ONNX Runtime maps
 * weights, so whoever changes them in place changes rows.
 *
 * @param again resolves the model once more, and reads its files.
 * @param changed throws the error for a model that is no longer the run's.
 */
export async function loadWatched(
  source: Resolved,
  options: Parameters<typeof loadModel>[1],
  { again, changed }: { again(): Promise<Pick<Resolved, 'fingerprint'>>; changed(): never },
): Promise<EmbeddingModel> {
  const { files, modelPath, built } = source;
  const all = [...files, ...(built?.files ?? [])];
  const read = await WatchedFiles.of(all);
  // A graph in a file of its own is read, and only its weights beside it are mapped.
  const mapped = await WatchedFiles.of(built === undefined ? all.filter((file) => file !== modelPath) : all);
  const model = await loadModel(source, options);
  const check = async (watched: WatchedFiles) => {
    const touched = await watched.changed();
    if (touched.length === 0) return;
    // Other files cannot be proven by the fingerprint. A touched file may have the same bytes.
    if (touched.some((file) => !files.includes(file))) changed();
    if ((await again()).fingerprint !== source.fingerprint) changed();
  };
  await check(read);
  return {
    source: model.source,
    ...(model.prepare === undefined ? {} : { prepare: (sequences) => model.prepare!(sequences) }),
    async embed(sequences, given) {
      const rows = await model.embed(sequences, given);
      await check(mapped);
      return rows;
    },
    release: () => model.release(),
  };
}
