import { execFileSync } from 'node:child_process';

const PYTHON = '/usr/bin/python3';

/** Whether real PyTorch is on this machine; says so where it is not. */
export function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
    return false;
  }
}

/** The JSON that a Python program prints. */
export function python(program: string, ...args: string[]): unknown {
  return JSON.parse(execFileSync(PYTHON, ['-c', program, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 }));
}
