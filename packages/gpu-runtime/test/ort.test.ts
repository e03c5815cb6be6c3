import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// The runner's privacy test looks for the telemetry itself, under strace.

const inThread = (how: string, env: NodeJS.ProcessEnv = {}) => {
  const { ORT_DISABLE_TELEMETRY: _, ...rest } = process.env;
  const script = fileURLToPath(new URL('./thread.mjs', import.meta.url));
  return execFileSync(process.execPath, [script, how], { env: { ...rest, ...env }, encoding: 'utf8' }).trim();
};

test('a thread that cannot set the switch refuses to load ONNX Runtime and names the remedy', () => {
  expect(inThread('alone')).toMatch(/telemetry.*main thread first.*ORT_DISABLE_TELEMETRY=1/);
});

test.each([
  ['the main thread imported the package before', 'first', {}],
  ['the environment is shared', 'shared', {}],
  ['the process was started with the switch', 'alone', { ORT_DISABLE_TELEMETRY: '1' }],
])('a thread can import the package if %s', (_what, how, env) => {
  expect(inThread(how, env)).toBe('imported');
});
