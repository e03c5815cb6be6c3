import type { DurableOptions, WriteDurablyOptions } from '@holdfast/durable';
import { flag, having, object, type Shape } from '@holdfast/options';

/** The options of @holdfast/durable, which are passed on to it; the compiler compares the names with its interfaces. */
export const durableChecks: Shape<DurableOptions> = {
  fs: having('a file system', 'create', 'rename', 'renameToFree', 'remove', 'makeDirectory', 'syncDirectory'),
};

export const durableOptions = object<DurableOptions>(durableChecks);
export const writeDurablyOptions = object<WriteDurablyOptions>({ ...durableChecks, onlyNew: flag });
