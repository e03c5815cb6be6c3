/** The folder holds, or is, what a run cannot use; the message says what to do. */
export class RunFolderError extends Error {
  readonly code: string = 'run_folder';
  override readonly name: string = 'RunFolderError';
}

/** Another process holds the folder, and will let go of it; the message says when to rerun. */
export class BusyError extends Error {
  readonly code = 'busy';
  override readonly name = 'BusyError';
}
