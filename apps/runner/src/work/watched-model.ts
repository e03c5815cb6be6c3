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
  const watched = await WatchedFiles.of([...source.files, ...(source.built?.files ?? [])]);
  const model = await loadModel(source, options);
  const check = async () => {
    const files = await watched.changed();
    if (files.length === 0) return;
    // Other files cannot be proven by the fingerprint. A touched file may have the same bytes.
    if (files.some((file) => !source.files.includes(file))) changed();
    if ((await again()).fingerprint !== source.fingerprint) changed();
  };
  await check();
  return {
    source: model.source,
    ...(model.prepare === undefined ? {} : { prepare: (sequences) => model.prepare!(sequences) }),
    async embed(sequences, given) {
      const rows = await model.embed(sequences, given);
      await check();
      return rows;
    },
    release: () => model.release(),
  };
}
