// Node's file system as a process meets it that is killed with SIGKILL at one of its steps: before one, after one, or with
// half of a write on disk. To be imported before whatever imports node:fs.
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

let left = Number.POSITIVE_INFINITY;

/** Lets this process die at its so many-th step from now on, counted from 0. */
export function dieAt(steps) {
  left = steps;
}

/** Lets it live. */
export function live() {
  left = Number.POSITIVE_INFINITY;
}

function step() {
  if (left-- <= 0) process.kill(process.pid, 'SIGKILL');
}

for (const [module, names] of [
  [fs, ['openSync', 'closeSync', 'ftruncateSync', 'fdatasync']],
  [promises, ['open', 'rename']],
])
  for (const name of names) {
    const original = module[name];
    module[name] = (...args) => {
      step();
      const result = original(...args);
      step();
      return result;
    };
  }

const { writeSync } = fs;
fs.writeSync = (file, bytes, ...place) => {
  step();
  if (Buffer.isBuffer(bytes) && left === 0) {
    const [offset, length, position] = place;
    writeSync(file, bytes, offset, length >> 1, position);
  }
  step();
  const written = writeSync(file, bytes, ...place);
  step();
  return written;
};
syncBuiltinESMExports();
