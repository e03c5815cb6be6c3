import { type EmbeddingModel, loadModel, type resolveModel, WatchedFiles } from '@holdfast/gpu-runtime';
import { resolvedAgain } from '../errors.js';

type Resolved = Awaited<ReturnType<typeof resolveModel>>;

/**
 * Loads a model whose rows are given away only if its files were still the run's after they were computed: ONNX Runtime maps
 * weights, so whoever changes them in place changes rows.
 *
 * @param again resolves the model once more, and reads its files.
 * @param changed throws the error for a model that is no longer the run's; it gets the path of a file that was touched.
 */
export async function loadWatched(
  source: Resolved,
  options: Parameters<typeof loadModel>[1],
  { again, changed }: { again(): Promise<Pick<Resolved, 'fingerprint'>>; changed(path?: string): never },
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
    // Other files are made from these: the next worker checks them, and makes them again.
    const made = touched.find((file) => !files.includes(file));
    if (made !== undefined) throw new Error(`${made}: was changed while it was in use`);
    await resolvedAgain(source.fingerprint, again, () => changed(touched[0]));
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
