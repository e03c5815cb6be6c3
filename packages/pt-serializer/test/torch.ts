import { execFileSync } from 'node:child_process';

const PYTHON = '/usr/bin/python3';

/** Whether this machine has real PyTorch; logs it if not. */
export function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('LEFT OUT: real PyTorch is not on this machine (Debian: python3-torch)');
    return false;
  }
}

/** Runs a Python program and parses the JSON it prints. */
export function python(program: string, ...args: string[]): unknown {
  return JSON.parse(execFileSync(PYTHON, ['-c', program, ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 }));
}
