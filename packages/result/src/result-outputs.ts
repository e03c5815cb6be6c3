import {
  type FormatName,
  type Layout,
  type ResultRecord,
  RunFolderError,
  rowFiles,
  rowWidth,
  valueFiles,
} from '@holdfast/run-folder';
import { RowReader } from './row-reader.js';
import { type StoredTensor, storedTensors } from './stored-tensors.js';
import { ValueReader } from './value-reader.js';

/** What a result has for each sequence. */
export interface ResultOutputs {
  /** The outputs with a row for each sequence; the first is `embeddings`. */
  rowOutputs: readonly string[];
  /** The outputs with numbers of each token, or of each pair of tokens, such as `per_token.layer_33`. */
  valueOutputs: readonly string[];
  /** The rows of one of `rowOutputs`; the caller closes it. @throws RunFolderError for another name, and for a damaged file. */
  rowsOf(output: string): Promise<RowReader>;
  /** The numbers of one of `valueOutputs`; the caller closes it. @throws as `rowsOf`. */
  valuesOf(output: string): Promise<ValueReader>;
}

/** The name of the embeddings, and of the one array in a `.npy`. */
export const EMBEDDINGS = 'embeddings';
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
  const known = <T>(all: ReadonlyMap<string, T>, output: string): T => {
    const found = all.get(output);
    if (found !== undefined) return found;
    if (values.has(output))
      throw new RunFolderError(
        `${place.out}: ${output} has as many numbers as each sequence asks for, not one row a sequence; holdfast export --to h5 takes it`,
      );
    const has = [...rows.keys(), ...values.keys()].join(', ');
    throw new RunFolderError(`${place.out}: the result has no '${output}'; it has ${has}`);
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
    async rowsOf(output) {
      const { path, dim } = known(rows, output);
      const { tensor } = await tensorIn(path, EMBEDDINGS, [record.sequences, dim]);
      return RowReader.open(path, tensor);
    },
    async valuesOf(output) {
      const { name, dim } = known(values, output);
      // A .npy holds one array, so there are two files.
      const alone = format === 'npy';
      const path = place.output(`${name}.${format}`);
      return ValueReader.open(
        await tensorIn(path, alone ? EMBEDDINGS : 'values', dim === null ? [ANY] : [ANY, dim]),
        await tensorIn(alone ? place.output(`${name}.offsets.npy`) : path, alone ? EMBEDDINGS : 'offsets', [
          record.sequences + 1,
        ]),
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
