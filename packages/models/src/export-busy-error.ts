/** Another process exports a model to the folder `path`. It may be tried again later. */
export class ExportBusyError extends Error {
  override readonly name = 'ExportBusyError';
  readonly code = 'export_busy';

  /** @param holder what the process is called, if it is known. */
  constructor(
    readonly path: string,
    holder: string | null,
    cause: unknown,
  ) {
    super(
      `${path}: ${holder ?? 'another process'} exports a model to this folder; wait until it ends, or name another folder`,
      { cause },
    );
  }
}
