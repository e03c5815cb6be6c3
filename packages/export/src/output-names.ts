import { EMBEDDINGS, type Result } from '@holdfast/result';
import { RunFolderError } from '@holdfast/run-folder';

/** All outputs of a result that have a place in the format. */
const ALL = 'all';

/**
 * The outputs that `--from` names, in the order in which the result has them.
 *
 * @param from one output; or several with commas between, or `all`, if the format takes that.
 * @throws RunFolderError for one that there is not, that is named twice, or for several where one is due.
 */
export function outputNames(
  { rowOutputs, valueOutputs, outputNamed }: Pick<Result, 'rowOutputs' | 'valueOutputs' | 'outputNamed'>,
  from: string = EMBEDDINGS,
  several = false,
): string[] {
  const has = [...rowOutputs, ...valueOutputs];
  if (has.includes(from)) return [from];
  const named = from === ALL ? has : from.split(',').map((name) => outputNamed(name));
  if (!several && (from === ALL || named.length > 1))
    throw new RunFolderError(
      `--from ${from} names several outputs, and only --to esm writes them together; export one after the other`,
    );
  const twice = named.find((name, at) => named.indexOf(name) !== at);
  if (twice !== undefined) throw new RunFolderError(`--from ${from} names ${twice} twice; name it once`);
  return has.filter((name) => named.includes(name));
}
