/** A running worker closed its channel to the coordinator, or never had one. */
export class WorkerUnreachableError extends Error {
  readonly code = 'worker_unreachable';
  override readonly name = 'WorkerUnreachableError';

  constructor(readonly pid: number | undefined) {
    super(
      `worker ${pid ?? 'without a process'}: its IPC channel is closed; only a signal can still reach it`,
    );
  }
}
