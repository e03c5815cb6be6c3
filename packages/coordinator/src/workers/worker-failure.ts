import { stoppedBy } from '@holdfast/process';
import { classifyError } from '../failures/classify-error.js';
import { DEVICE_CODES, type Ending, type ErrorKind, EXIT_SIGTERM } from '../failures/failure-kinds.js';
import { isCrash } from './signals.js';
import type { Life } from './slot.js';

/** How a worker process ended. */
export interface Exit {
  exitcode: number | null;
  signal: string | null;
  /** Why no process was created, if so. */
  error: Error | undefined;
  /** Whether the kernel's out-of-memory killer explains the death. */
  oomKilled: boolean;
}

/** Classifies a worker's end: the kind of failure, a message for people, and how it ended. */
export function failureOf(life: Life, exit: Exit): { kind: ErrorKind; message: string; how: Ending } {
  const { exitcode, signal, error, oomKilled } = exit;
  if (life.stalled !== null) return silenceOf(life.stalled, life.ready ? null : life.stage);
  if (life.failure !== null) {
    const { message: errorMessage, error: code } = life.failure;
    const kind = classifyError({ exitcode, signal, error: code, errorMessage, oomKilled });
    return { kind, message: errorMessage, how: DEVICE_CODES.get(code) ?? 'reported' };
  }
  const lastOutput = life.lastOutput.join('\n');
  const message = error?.message ?? describeExit(exitcode, signal, life.shard);
  const classified = classifyError({ exitcode, signal, errorMessage: message, lastOutput, oomKilled });
  const killed = classified === 'spot_preemption' && signal !== 'SIGTERM' && exitcode !== EXIT_SIGTERM;
  // The coordinator itself killed it.
  const kind = killed && life.unreachable ? 'transient' : classified;
  const killer = kind === 'oom' && oomKilled ? "; the kernel's out-of-memory killer struck" : '';
  const output = life.lastOutput.length > 0 ? `; its last output: ${life.lastOutput.join(' | ')}` : '';
  const how = kind === 'spot_preemption' && killed ? 'killed' : isCrash(exit) ? 'died' : 'ended';
  return { kind, message: `${message}${killer}${output}`, how };
}

/** Only a worker that used the CPU throughout can have hung on its input. */
function silenceOf(
  { silentMs, why }: NonNullable<Life['stalled']>,
  stage: string | null,
): ReturnType<typeof failureOf> {
  const seconds = `${Math.round(silentMs / 100) / 10} s${stage === null ? '' : ` while ${stage}`}`;
  switch (why) {
    case 'stopped':
      return {
        kind: 'spot_preemption',
        message: `the worker was stopped by a signal, and made no progress for ${seconds}`,
        how: 'killed',
      };
    case 'idle':
      return {
        kind: 'transient',
        message: `the worker made no progress for ${seconds}, and used no CPU: it waited for a disk, a device or its turn`,
        how: 'ended',
      };
    case 'hung':
      return { kind: 'transient', message: `the worker made no progress for ${seconds}`, how: 'hung' };
  }
}

function describeExit(exitcode: number | null, signal: string | null, shard: number | null): string {
  const stop = stoppedBy(exitcode, signal);
  const died = signal !== null ? `died of ${signal}` : `exited with code ${exitcode}`;
  const how = stop !== null ? `was stopped by ${stop}` : died;
  return `the worker ${how} ${shard === null ? 'without a shard' : `before shard ${shard} was complete`}`;
}
