import type { DurableOptions, WriteDurablyOptions } from '@holdfast/durable';
import { flag, having, object, type Shape } from '@holdfast/options';

/** Options passed on to @holdfast/durable; the compiler compares the names with its interfaces. */
export const durableChecks: Shape<DurableOptions> = {
  fs: having('a file system', 'create', 'rename', 'renameToFree', 'remove', 'makeDirectory', 'syncDirectory'),
};

export const durableOptions = object<DurableOptions>(durableChecks);
export const writeDurablyOptions = object<WriteDurablyOptions>({ ...durableChecks, onlyNew: flag });
