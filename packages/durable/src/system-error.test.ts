import { describe, expect, test } from 'vitest';
import { atPath, nameSystemErrors, systemErrorCode } from './system-error.js';

/** An error as libuv reports an errno without a name. */
const unknown = (errno: number, call: string) =>
  Object.assign(new Error(`Unknown system error -${errno}: Unknown system error -${errno}, ${call}`), {
    code: `Unknown system error -${errno}`,
    errno: -errno,
  });

describe.runIf(process.platform === 'linux')('an errno without a name in Node.js has its own', () => {
  test.each([
    [116, 'ESTALE', 'ESTALE: stale file handle, open'],
    [122, 'EDQUOT', 'EDQUOT: disk quota exceeded, open'],
    [121, 'EREMOTEIO', 'EREMOTEIO: remote i/o error, open'],
    [117, 'EUCLEAN', 'EUCLEAN: structure needs cleaning, open'],
    [37, 'ENOLCK', 'ENOLCK: no locks available, open'],
    [127, 'EKEYEXPIRED', 'EKEYEXPIRED: key has expired, open'],
    [528, 'EJUKEBOX', 'EJUKEBOX, open'],
    [4000, 'errno 4000', 'errno 4000, open'],
  ])('%i is %s', (errno, name, message) => {
    const error = unknown(errno, 'open');
    expect([systemErrorCode(error), nameSystemErrors(error.message)]).toEqual([name, message]);
  });
});

test('names that Node.js knows stay, and other errors have no name', () => {
  expect(systemErrorCode(Object.assign(new Error(''), { code: 'EIO' }))).toBe('EIO');
  for (const other of [new Error('x'), Object.assign(new Error(''), { code: 'ERR_X' }), null, 'EIO', 5])
    expect(systemErrorCode(other)).toBeNull();
  expect(nameSystemErrors('EIO: i/o error, read')).toBe('EIO: i/o error, read');
});

test('the error of a call on an open file gets the file’s path, once', () => {
  const error = Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
  atPath(atPath(error, '/out/x'), '/out/x');
  expect(error).toMatchObject({ message: "EIO: i/o error, fsync '/out/x'", path: '/out/x' });
  const named = Object.assign(new Error("EIO: i/o error, open '/out/y'"), { code: 'EIO', path: '/out/y' });
  expect((atPath(named, '/out/x') as Error).message).toBe("EIO: i/o error, open '/out/y'");
  const ours = new Error('no system error');
  expect((atPath(ours, '/out/x') as Error).message).toBe('no system error');
});
