import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { array, callback, checkOptions, object, required, text, words } from '@holdfast/options';
import { noDebugPort } from '@holdfast/process';
import type { FromWorker } from '../messages.js';
import { LineSplitter } from './line-splitter.js';
import { lookAtProcess } from './process-look.js';
import type { SpawnWorker } from './worker-process.js';
import { WorkerUnreachableError } from './worker-unreachable-error.js';

/** Characters kept of a line: a worker that floods its output must not fill the memory. */
const LINE_LIMIT = 65_536;

export interface ForkOptions {
  /** The worker's script. */
  modulePath: string;
  args?: readonly string[];
  /** The whole environment of a slot's worker. Default: this process's own. */
  env?: (slot: number) => NodeJS.ProcessEnv;
  /**
   * Node options of the worker. Default: none, even if this process has some. Unless they ask for a debugger,
   * SIGUSR1 opens no debug port.
   */
  execArgv?: readonly string[];
}

const texts = array(text, 'strings');

const forkOptions = object<ForkOptions>({
  modulePath: required(words),
  args: texts,
  env: callback,
  execArgv: texts,
});

/**
 * Starts workers as Node processes that talk over IPC. They share this process's group, so signals that the
 * terminal or the batch system sends to the group reach them too.
 *
 * @throws RangeError and TypeError for invalid options (`code` is `invalid_option`).
 */
export function forkWorkers(options: ForkOptions): SpawnWorker {
  checkOptions('forkWorkers', options, forkOptions);
  const { modulePath, args = [], execArgv = [] } = options;
  return (slot, _attempt, listeners) => {
    const whole = options.env?.(slot) ?? process.env;
    const child = fork(modulePath, args, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: whole,
      execArgv: [...noDebugPort(execArgv, whole), ...execArgv],
    });
    child.on('message', (message) => listeners.message(message as FromWorker));
    child.on('error', (error) => {
      // No process was created; if one was, `close` reports its end.
      if (child.pid === undefined) listeners.exit(null, null, error);
    });
    // Fires after `exit`, once stdio and the channel are drained.
    child.on('close', (code, signal) => {
      if (child.pid !== undefined) listeners.exit(code, signal);
    });
    if (child.stdout) splitLines(child.stdout, (line) => listeners.output('stdout', line));
    if (child.stderr) splitLines(child.stderr, (line) => listeners.output('stderr', line));
    return {
      pid: child.pid,
      send(message) {
        if (!child.connected) throw new WorkerUnreachableError(child.pid);
        // If it cannot be delivered, the worker is exiting; its exit will be reported.
        child.send(message, () => undefined);
      },
      kill: (signal) => void child.kill(signal),
      look: () => lookAtProcess(child.pid),
    };
  };
}

function splitLines(stream: Readable, report: (line: string) => void): void {
  const splitter = new LineSplitter(report, LINE_LIMIT);
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => splitter.push(text));
  stream.on('end', () => splitter.end());
}
