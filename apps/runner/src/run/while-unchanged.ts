import type { FileFacts, ModelSource } from '@holdfast/gpu-runtime';
import { factsOf, sameFacts } from '@holdfast/options';
import { ExitCode, hasChanged, RunFailedError, refusedChange, resolvedAgain } from '../errors.js';

type Source = Pick<ModelSource, 'files' | 'folder' | 'fingerprint' | 'proof' | 'built'>;

interface Reading {
  /** Further files that the work reads: those that the model was made from, or is compared with. */
  others: readonly string[];
  /** Resolves the model once more, and reads its files. */
  again(): Promise<Source>;
  /** What is done, for a message. */
  doing: string;
}

/**
 * The result of work that reads a model's files, if they were the run's all the while. Files that were touched may have the same
 * bytes: then the work is done once more.
 *
 * @throws UsageError if the model is another now; RunFailedError if files are touched again and again; what the work throws, if
 * no file was touched.
 */
export async function whileUnchanged<T>(model: Source, work: () => Promise<T>, reading: Reading): Promise<T> {
  let source = model;
  for (let last = false; ; last = true) {
    const before = await factsBefore(source, reading.others);
    let result: { value: T } | undefined;
    let failure: unknown;
    try {
      result = { value: await work() };
    } catch (error) {
      // A signal, and what has to do with no file.
      if (!(error instanceof RunFailedError)) throw error;
      failure = error;
    }
    const touched = await touchedSince(before);
    // A model that was made from others is proven by what it was made from.
    if (touched !== undefined || !source.proof?.files.length)
      source = await sameModel(model, reading.again, touched);
    if (touched === undefined) {
      if (result === undefined) throw failure;
      return result.value;
    }
    if (last)
      throw new RunFailedError(
        `${touched}: was changed while ${reading.doing}, so nothing of it was kept; rerun the same command once nothing writes to the file`,
        ExitCode.unexpected,
      );
  }
}

type Facts = ReadonlyMap<string, FileFacts | null>;

/** The facts by which the fingerprint is known; of files that it is not of, those of now. */
async function factsBefore({ files, proof, built }: Source, others: readonly string[]): Promise<Facts> {
  const facts = new Map<string, FileFacts | null>();
  for (const [i, path] of files.entries()) facts.set(path, proof?.files[i] ?? (await factsNow(path)));
  for (const path of [...others, ...(built?.files ?? [])])
    if (!facts.has(path)) facts.set(path, await factsNow(path));
  return facts;
}

/** One of the files that are no longer as they were. */
async function touchedSince(before: Facts): Promise<string | undefined> {
  for (const [path, then] of before) {
    const now = await factsNow(path);
    if (now === null ? then !== null : then === null || !sameFacts(now, then)) return path;
  }
  return undefined;
}

/** Null for a file that is not there. */
const factsNow = (path: string): Promise<FileFacts | null> => factsOf(path).catch(() => null);

function sameModel(
  { fingerprint, folder, built, files }: Source,
  again: Reading['again'],
  touched: string | undefined,
): Promise<Source> {
  // Users do not change files that were made from the model's.
  const own = touched !== undefined && (files.includes(touched) || !built?.files?.includes(touched));
  return resolvedAgain(fingerprint, again, () => {
    throw refusedChange(hasChanged(own ? touched : folder));
  });
}
