import { callback, kind, required, text, whole } from '@holdfast/options';

// Checks of single arguments. An options object is checked beside its interface.

/** Rows of a group; the worker that embeds them checks each. */
export const isGroup = required(kind('an array of rows', Array.isArray));
export const isSize = required(whole(0));
export const isRowSet = required(
  kind(
    'a set of rows',
    (given) => typeof (given as ReadonlySet<number> | null | undefined)?.has === 'function',
  ),
);

export const isLine = required(text);
export const isTime = required(
  kind('a number of milliseconds', (given) => typeof given === 'number' && !Number.isNaN(given)),
);
export const isCallback = required(callback);
export const isWorker = required(
  kind('a process, such as that of node:process', (given) => {
    const worker = given as NodeJS.Process | null | undefined;
    return typeof worker?.on === 'function' && typeof worker.stdout === 'object';
  }),
);
