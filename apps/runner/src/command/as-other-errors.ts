import type { OutputConfiguration } from 'commander';

/** What Commander says of a command line begins as all other errors do. */
export const AS_OTHER_ERRORS: OutputConfiguration = {
  outputError: (text, write) => write(text.replace(/^error: /, 'holdfast: ')),
};
