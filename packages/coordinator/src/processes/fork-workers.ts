import { fork } from 'node:child_process';
import type { Readable } from 'node:stream';
import { array, callback, checkOptions, object, required, text, words } from '@holdfast/options';
import { noDebugPort } from '@holdfast/process';
import type { FromWorker } from '../messages.js';
import { LineSplitter } from './line-splitter.js';
import { lookAtProcess } from './process-look.js';
import type { SpawnWorker } from './worker-process.js';
import { WorkerUnreachableError } from './worker-unreachable-error.js';

/** Characters of a line that are kept, so that a worker that floods its output does not fill the memory. */
const LINE_LIMIT = 65_536;

export interface ForkOptions {
  /** The worker's script. */
  modulePath: string;
  args?: readonly string[];
  /** The whole environment of a slot's worker. Default: this process's own. */
  env?: (slot: number) => NodeJS.ProcessEnv;
  /** Options of the worker's Node. Default: none, also when this process has some. Unless they ask for a debugger, SIGUSR1 opens no debug port. */
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
 * Starts workers as Node processes that talk over IPC. They share this process's group, so that what the terminal or
 * the batch system sends to the group reaches them too.
 *
 * @throws RangeError and TypeError for options that are none (`code` is `invalid_option`).
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
      // No process was made; of a process that was, `close` will tell.
      if (child.pid === undefined) listeners.exit(null, null, error);
    });
    // Later than `exit`: by then stdio and the channel are drained.
    child.on('close', (code, signal) => {
      if (child.pid !== undefined) listeners.exit(code, signal);
    });
    if (child.stdout) splitLines(child.stdout, (line) => listeners.output('stdout', line));
    if (child.stderr) splitLines(child.stderr, (line) => listeners.output('stderr', line));
    return {
      pid: child.pid,
      send(message) {
        if (!child.connected) throw new WorkerUnreachableError(child.pid);
        // One that cannot be delivered any more goes to a worker that is ending; its exit will tell.
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
