import { checkOptions, flag, object, oneOf, text } from '@holdfast/options';
import { pathOrBytes } from './argument-checks.js';
import { type Checksums, type Content, isChecksums } from './container.js';
import { PtFormatError } from './format-error.js';
import { fastCrc32 } from './io/checksum.js';
import { FileSource } from './io/file-source.js';
import { MemorySource } from './io/memory-source.js';
import type { Source } from './io/source.js';
import { isLegacy, readLegacy } from './legacy.js';
import { areLimits, type PtLimits, withDefaults } from './limits.js';
import { keyName } from './pickle/keys.js';
import { toData } from './plain-data.js';
import { LazyTensor } from './tensors/lazy-tensor.js';
import { PtOpaque } from './values.js';
import { readArchive } from './zip/archive.js';
import type { ChecksInOrder } from './zip/checks-in-order.js';

/** How a `.pt` is read. */
export interface OpenOptions {
  /** Default `always`. */
  checksums?: Checksums;
  /** Return floats as PtFloat and numpy scalars as NumpyScalar, to tell them from ints. Default false. */
  exact?: boolean;
  /**
   * For classes and functions that are not plain data: `refuse` the file (default), or return them as
   * `PtOpaque`, inert data, so that the tensors beside them can be read. Nothing of the file is run either way.
   */
  unknown?: 'refuse' | 'opaque';
  /** Limits on the cost of reading; a missing limit has its default. */
  limits?: Partial<PtLimits>;
}

const openOptions = object<OpenOptions>({
  checksums: isChecksums,
  exact: flag,
  unknown: oneOf(['refuse', 'opaque']),
  limits: areLimits,
});

/** A tensor or array and its path: the keys and indexes that lead to it, each after a `/`. */
export interface FoundTensor {
  path: string;
  tensor: LazyTensor;
}

/** An open `.pt`. */
export class PtFile implements AsyncDisposable {
  readonly #source: Source;
  readonly #checks: Pick<Content, 'verify' | 'checksInOrder'>;

  constructor(
    source: Source,
    checks: Pick<Content, 'verify' | 'checksInOrder'>,
    /**
     * The file's content: dicts as Map, lists and tuples as arrays, tensors and arrays as LazyTensor, bytes
     * as Uint8Array, ints beyond 2^53 as bigint.
     */
    readonly value: unknown,
    /**
     * With `unknown: 'opaque'`: every class and function that the file names and that is not plain data, such as
     * `argparse.Namespace`, also if nothing of it is left in the value.
     */
    readonly unknownNames: readonly string[] = [],
  ) {
    this.#source = source;
    this.#checks = checks;
  }

  /** Every tensor in file order, without reading elements; a shared tensor once. */
  tensors(): FoundTensor[] {
    const found: FoundTensor[] = [];
    const seen = new Set<unknown>();
    const walk = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return;
      seen.add(value);
      if (value instanceof LazyTensor) found.push({ path, tensor: value });
      else
        for (const [key, item] of partsOf(value))
          if (typeof item === 'object') walk(item, `${path}/${keyName(key)}`);
    };
    walk(this.value, '');
    return found;
  }

  /**
   * The value at a path of keys, indices and attributes joined by points, such as `model.layers.0.weight`.
   * Keys may contain points themselves, as those of state dicts do; of several that fit, the longest counts.
   *
   * @returns undefined if there is none.
   */
  get(path: string): unknown {
    checkOptions('get', path, text, 'path');
    return at(this.value, path);
  }

  /**
   * Reads the whole archive and checks its checksums. The container before PyTorch 1.6 has none.
   *
   * @throws PtFormatError (`checksum`).
   */
  verify(): Promise<void> {
    return this.#checks.verify();
  }

  /**
   * The checks of {@link verify} for a caller who reads the whole file anyway, such as for a digest: each byte is read once.
   * They need nothing of this file, which may be closed before. The container before PyTorch 1.6 has none.
   */
  checksInOrder(): ChecksInOrder {
    return this.#checks.checksInOrder();
  }

  /** Closes the file; its tensors cannot be read afterwards. */
  close(): Promise<void> {
    return this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What is in a container, by key, index or attribute. */
function* partsOf(value: object): Generator<[key: unknown, item: unknown]> {
  if (Array.isArray(value) || value instanceof Map) yield* value.entries();
  if (value instanceof PtOpaque) yield* value.parts();
}

function at(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const fits = [...partsOf(value)]
    .map(([key, item]) => ({ key: keyName(key), item }))
    .filter(({ key }) => path === key || path.startsWith(`${key}.`))
    .sort((a, b) => b.key.length - a.key.length);
  for (const { key, item } of fits) {
    const found = path === key ? item : at(item, path.slice(key.length + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Opens a `.pt` of any PyTorch since 0.1.10. Reads everything except the elements of tensors. Executes
 * nothing: it refuses a file that names anything but plain data.
 *
 * @param file its path, or its bytes; results read from bytes may be views of them.
 * @throws PtFormatError for a file that is damaged, forbidden or unsupported; RangeError and TypeError for
 * invalid options (`code` is `invalid_option`); errors of the file system.
 */
export async function openPt(file: string | Uint8Array, options: OpenOptions = {}): Promise<PtFile> {
  checkOptions('openPt', file, pathOrBytes, 'file');
  checkOptions('openPt', options, openOptions);
  const { checksums = 'always', exact = false, limits } = options;
  const unknown = options.unknown === 'opaque' ? new Set<string>() : null;
  await fastCrc32();
  const bounds = withDefaults(limits);
  const source: Source = typeof file === 'string' ? await FileSource.open(file) : new MemorySource(file);
  try {
    const content = await readContent(source, { limits: bounds, checksums, unknown });
    const value = dataOf(content, { depth: bounds.depth, exact, opaque: unknown !== null });
    return new PtFile(source, content, value, [...(unknown ?? [])]);
  } catch (error) {
    await source.close();
    throw error instanceof PtFormatError && source.path !== undefined
      ? error.at({ path: source.path })
      : error;
  }
}

function dataOf(
  { value, member }: Content,
  { depth, exact, opaque }: { depth: number; exact: boolean; opaque: boolean },
): unknown {
  try {
    return toData(value, depth, exact, opaque);
  } catch (error) {
    throw error instanceof PtFormatError && member !== undefined ? error.at({ member }) : error;
  }
}

async function readContent(
  source: Source,
  options: { limits: PtLimits; checksums: Checksums; unknown: Set<string> | null },
): Promise<Content> {
  if (source.size === 0) throw new PtFormatError('zip', 'the file is empty');
  const head = await source.read(0, Math.min(source.size, 512));
  if (isLegacy(head)) return readLegacy(source, options.limits, options.unknown);
  if (head.toString('latin1', 0, 8) === 'PYTORCH1') {
    throw new PtFormatError(
      'unsupported',
      'the first container of TorchScript: it contains code, not only data',
    );
  }
  if (head.toString('latin1', 257, 262) === 'ustar') {
    throw new PtFormatError('unsupported', 'the tar format of PyTorch before 0.1.10');
  }
  return readArchive(source, options);
}
