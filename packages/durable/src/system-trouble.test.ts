import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { systemErrorIn, systemTrouble } from './system-trouble.js';

const failure = (code: string, more: object = {}) =>
  Object.assign(new Error(`${code}: x`), { code, ...more });

test.each([
  'EIO',
  'ESTALE',
  'ETIMEDOUT',
  'ENETDOWN',
  'EREMOTEIO',
  'EAGAIN',
  'ENOSPC',
  'EDQUOT',
  'EMFILE',
  'ENOMEM',
])('%s may pass: the same command may work later', (code) => {
  expect(systemTrouble(failure(code))).toMatchObject({ code, passing: true });
});

test.each(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'])(
  '%s does not pass without a change',
  (code) => {
    expect(systemTrouble(failure(code))).toMatchObject({ code, passing: false });
  },
);

test('an errno without a name in Node.js gets its own; one missing from the table may pass', () => {
  const number = constants.errno.ESTALE;
  expect(systemTrouble({ code: `Unknown system error -${number}`, errno: -number })).toMatchObject({
    code: 'ESTALE',
    passing: true,
  });
  expect(systemTrouble(failure('EADV'))).toMatchObject({ code: 'EADV', passing: true });
  expect(systemTrouble(new Error('EIO'))).toBeNull();
});

test('a removed working directory is reported as such', () => {
  expect(systemTrouble(failure('ENOENT', { syscall: 'uv_cwd' }))).toMatchObject({
    passing: false,
    cause: 'the working directory was removed',
    remedy: { write: 'cd to a folder that exists' },
  });
});

test('the system error is found behind others', () => {
  const at = failure('EIO');
  expect(systemErrorIn(new Error('a', { cause: new AggregateError([new Error('b', { cause: at })]) }))).toBe(
    at,
  );
  expect(systemErrorIn(new Error('a'))).toBeUndefined();
});
