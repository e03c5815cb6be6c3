import { asInputError } from '@holdfast/fasta';
import { LockUnsupportedError } from '@holdfast/file-lock';
import { CacheError, ModelError } from '@holdfast/gpu-runtime';
import { HubError } from '@holdfast/model-hub';
import { PreflightError } from '@holdfast/preflight';
import { BusyError, RunFolderError } from '@holdfast/run-folder';
import { expect, test } from 'vitest';
import { RunFailedError, StoppedError, UsageError } from '../errors.js';
import { aftermath } from './aftermath.js';
import { endingOf } from './ending.js';

const after = aftermath({ begun: true, forceRestart: false });
const failure = (code: string, text: string, more: object = {}) =>
  Object.assign(new Error(`${code}: ${text}`), { code, ...more });

const stale = Object.assign(new Error("Unknown system error -116: Unknown system error -116, open '/o/x'"), {
  code: 'Unknown system error -116',
  errno: -116,
  syscall: 'open',
});
const cases: [what: string, error: unknown, code: number, says: RegExp][] = [
  [
    'a stop',
    new StoppedError('SIGINT'),
    130,
    /^stopped by SIGINT; finished work is kept, rerun the same command to resume$/,
  ],
  ['failed shards', new RunFailedError('shard 0 failed', 4), 4, /^shard 0 failed$/],
  ['bad usage', new UsageError('no'), 2, /^no$/],
  ['a model that is refused', new PreflightError('no'), 2, /^no$/],
  ['a folder of another run', new RunFolderError('no'), 2, /^no$/],
  ['a folder in use', new BusyError('wait'), 1, /^wait$/],
  ['no input', asInputError('x.fa', failure('ENOENT', 'no')), 2, /^x\.fa: no such file; check the path$/],
  [
    'an input that cannot be read now',
    asInputError('x.fa', failure('EIO', 'i/o error, read')),
    1,
    /^x\.fa: reading failed \(EIO: input\/output error\); .*check the disk.*, then rerun the same command to resume$/,
  ],
  [
    'a model that cannot be read now',
    new ModelError('model_file_missing', '/m/a', 'w', 'see to it', { cause: stale }),
    1,
    /^\/m\/a: cannot be read \(ESTALE: [^;]+\); finished work is kept, check the network mount, then rerun/,
  ],
  [
    'a model that may not be read',
    new ModelError('model_file_missing', '/m/a', 'w', 'let it be read', { cause: failure('EACCES', 'no') }),
    2,
    /^\/m\/a: w; let it be read$/,
  ],
  [
    'a model that the hub does not have',
    new HubError('hub_not_found', 'a/b', 'no', 'see'),
    2,
    /^a\/b: no; see$/,
  ],
  ['a hub that is out of order', new HubError('hub_unreachable', 'a/b', 'no', 'see'), 1, /^a\/b: no; see$/],
  ['a hub that sends wrong bytes', new HubError('hub_wrong_bytes', 'a/b', 'no', 'see'), 1, /^a\/b: no; see$/],
  ['a cache without room', new CacheError('/c', 'no', 'make room', true), 1, /^\/c: no; make room$/],
  ['a cache of others', new CacheError('/c', 'no', 'chmod', false), 2, /^\/c: no; chmod$/],
  ['no locks', new LockUnsupportedError('/o/.lock', 'ENOTSUP'), 2, /mount this one with locks/],
  [
    'locks that are short now',
    new LockUnsupportedError('/o/.lock', 'ENOLCK', { cause: failure('ENOLCK', 'no') }),
    1,
    /lock service.*rerun/,
  ],
  [
    'an errno without a name',
    stale,
    1,
    /^ESTALE: stale file handle, open '\/o\/x'; finished work is kept, check the network mount, then rerun the same command to resume$/,
  ],
  [
    'no room',
    failure('ENOSPC', "no space left on device, write '/o/x'", { syscall: 'write' }),
    1,
    /'\/o\/x'; finished work is kept, make room there, then rerun the same command to resume$/,
  ],
  [
    'no rights to write',
    failure('EACCES', "permission denied, mkdir '/o/x'", { syscall: 'mkdir' }),
    2,
    /let this user write there/,
  ],
  [
    'no rights to read',
    failure('EACCES', "permission denied, open '/o/x'", { syscall: 'open' }),
    2,
    /let this user read it/,
  ],
  [
    'open files',
    failure('EMFILE', "too many open files, open '/o/x'"),
    1,
    /ulimit -n \d+ or more, then rerun/,
  ],
  ['processes', failure('EAGAIN', 'spawn EAGAIN', { syscall: 'spawn node' }), 1, /ulimit -u \d+/],
  [
    'a file that somebody took away',
    failure('ENOENT', "no such file, open '/o/x'"),
    1,
    /'\/o\/x'; finished work is kept, rerun the same command to resume$/,
  ],
  [
    'a fault of ours',
    new TypeError('x is not a function'),
    1,
    /^x is not a function; finished work is kept, rerun the same command to resume$/,
  ],
];

test.each(cases)('%s', (_what, error, code, says) => {
  expect(endingOf(error, after)).toEqual({ code, message: expect.stringMatching(says) });
});
