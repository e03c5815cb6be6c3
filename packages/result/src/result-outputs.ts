import {
  type FormatName,
  type Layout,
  type ResultRecord,
  RunFolderError,
  rowFiles,
  rowWidth,
  valueFiles,
} from '@holdfast/run-folder';
import { EMBEDDINGS, fullNameOf, listed } from './output-names.js';
import { RowReader } from './row-reader.js';
import { type StoredTensor, storedTensors } from './stored-tensors.js';
import { ValueReader } from './value-reader.js';

/** What a result has for each sequence. */
export interface ResultOutputs {
  /** The outputs with a row for each sequence; the first is `embeddings`. */
  rowOutputs: readonly string[];
  /** The outputs with numbers of each token, or of each pair of tokens, such as `per_token.layer_33`. */
  valueOutputs: readonly string[];
  /** The full name of the embeddings, such as `mean.layer_33`: all functions take it for them. Null if they have none. */
  fullName: string | null;
  /** The output that a name is meant for: one of `rowOutputs` or `valueOutputs`. @throws RunFolderError for another name. */
  outputNamed(name: string): string;
  /** Numbers in a row of one of `rowOutputs`. @throws RunFolderError for another name. */
  dimOf(output: string): number;
  /** Paths of the files of an output. @throws RunFolderError for another name. */
  filesOf(output: string): string[];
  /**
   * The rows of one of `rowOutputs`; the caller closes it.
   *
   * @throws RunFolderError for another name, for one of `valueOutputs`, and for a damaged file.
   */
  rowsOf(output: string): Promise<RowReader>;
  /** The numbers of one of `valueOutputs`; the caller closes it. @throws RunFolderError for another name, and for a damaged file. */
  valuesOf(output: string): Promise<ValueReader>;
}

/** A length that the record does not say. */
const ANY = null;

/** @param mend what to do about a damaged file. */
export function openOutputs(
  place: Layout,
  { record, format, mend }: { record: ResultRecord; format: FormatName; mend: string },
): ResultOutputs {
  const { outputs = { dim: record.dim } } = record;
  const rows = new Map(
    rowFiles(rowWidth(outputs), outputs).map(({ name, dim }) => [
      name ?? EMBEDDINGS,
      { path: name === null ? place.embeddings(format) : place.output(`${name}.${format}`), dim },
    ]),
  );
  const values = new Map(valueFiles(outputs).map((file) => [file.name, file]));
  const fullName = fullNameOf(record);
  const outputNamed = (name: string): string => {
    const output = name === fullName ? EMBEDDINGS : name;
    if (rows.has(output) || values.has(output)) return output;
    const has = listed([...rows.keys(), ...values.keys()], fullName);
    throw new RunFolderError(`${place.out}: the result has no '${name}'; it has ${has}`);
  };
  const rowFile = (output: string) => {
    const found = rows.get(outputNamed(output));
    if (found !== undefined) return found;
    throw new RunFolderError(
      `${place.out}: ${output} has another size for each sequence, not one row of the same length; choose ${listed([...rows.keys()], fullName)}`,
    );
  };
  const filesOf = (name: string): string[] => {
    const output = outputNamed(name);
    const file = rows.get(output);
    if (file !== undefined) return [file.path];
    const path = place.output(`${output}.${format}`);
    // A .npy holds one array, so there are two files.
    return format === 'npy' ? [path, place.output(`${output}.offsets.npy`)] : [path];
  };
  const tensorIn = async (path: string, name: string, shape: readonly (number | null)[]) => {
    const stored = await storedTensors[format](path);
    if (typeof stored === 'string') throw new RunFolderError(`${path}: ${stored}; ${mend}`);
    const tensor = stored.tensors.get(name);
    if (tensor === undefined || !fits(tensor, shape))
      throw new RunFolderError(`${path}: it holds no ${described(name, shape)}; ${mend}`);
    return { path, tensor };
  };
  return {
    rowOutputs: [...rows.keys()],
    valueOutputs: [...values.keys()],
    fullName,
    outputNamed,
    dimOf: (output) => rowFile(output).dim,
    filesOf,
    async rowsOf(output) {
      const { path, dim } = rowFile(output);
      const { tensor } = await tensorIn(path, EMBEDDINGS, [record.sequences, dim]);
      return RowReader.open(path, tensor);
    },
    async valuesOf(output) {
      const found = values.get(outputNamed(output));
      if (found === undefined)
        throw new RunFolderError(
          `${place.out}: ${output} has one row for each sequence, and no numbers of tokens; the result has these: ${[...values.keys()].join(', ') || 'none'}`,
        );
      const { dim } = found;
      const [path, offsets = path] = filesOf(output) as [string, string?];
      const alone = offsets !== path;
      return ValueReader.open(
        await tensorIn(path, alone ? EMBEDDINGS : 'values', dim === null ? [ANY] : [ANY, dim]),
        await tensorIn(offsets, alone ? EMBEDDINGS : 'offsets', [record.sequences + 1]),
        dim,
      );
    },
  };
}

const fits = ({ shape }: StoredTensor, due: readonly (number | null)[]): boolean =>
  shape.length === due.length && due.every((each, axis) => each === ANY || each === shape[axis]);

const described = (name: string, shape: readonly (number | null)[]): string =>
  name === EMBEDDINGS && shape.length === 2
    ? `matrix of ${shape[0]} rows of ${shape[1]} numbers`
    : `${name} [${shape.map((each) => each ?? 'any').join(', ')}]`;
