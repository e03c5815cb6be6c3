/** The folder, or a file in it, cannot be used for the run. The message names the remedy. */
export class RunFolderError extends Error {
  readonly code: string = 'run_folder';
  override readonly name: string = 'RunFolderError';
}

/** Another process holds the folder for now. The message says when to rerun. */
export class BusyError extends Error {
  readonly code = 'busy';
  override readonly name = 'BusyError';
}
