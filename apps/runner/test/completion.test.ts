import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { freshFolder } from './command.js';

// The scripts of `holdfast completion`, in the shells that they are for.

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const script = (shell: string) =>
  execFileSync(process.execPath, [BIN, 'completion', shell], { encoding: 'utf8' });
const has = (shell: string) => {
  const there = spawnSync(shell, ['-c', 'exit']).status === 0;
  if (!there) console.warn(`LEFT OUT: this machine has no ${shell}`);
  return there;
};

let folder: string;
beforeAll(async () => {
  folder = await freshFolder();
  mkdirSync(join(folder, 'my out'));
  writeFileSync(join(folder, 'reads.fa'), '');
});

const POOLINGS = ['none', 'mean', 'mean_tokens', 'cls', 'max'];
const CASES: [words: string[], expected: string[]][] = [
  [['embed', '--pool'], ['--pooling']],
  [['embed', 'a.fa', '--pooling', ''], POOLINGS],
  [['embed', 'a.fa', '--pooling', 'mean_'], ['mean_tokens']],
  [['embed', '--out', 'my'], ['my out']],
  [
    ['models', ''],
    ['get', 'check', 'export'],
  ],
  [['models', 'export', '--op'], ['--operators']],
  [
    ['models', 'export', 'm', '--operators', ''],
    ['plain', 'fused'],
  ],
  [['models', 'get', '--to'], []],
  [
    ['completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['doct'], ['doctor']],
  [['embed', '--workers', ''], []],
];

describe.runIf(has('bash'))('bash', () => {
  const complete = (words: readonly string[]): string[] => {
    const program =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash replaces it.
      'source "$1"; shift; COMP_WORDS=(holdfast "$@"); COMP_CWORD=$#; _holdfast; printf "%s\\n" "${COMPREPLY[@]}"';
    const path = join(folder, 'holdfast.bash');
    writeFileSync(path, script('bash'));
    const { stdout, stderr, status } = spawnSync('bash', ['-c', program, 'bash', path, ...words], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    return stdout.split('\n').filter(Boolean);
  };

  test.each([
    ...CASES,
    [['embed', '--translate', '=', 'a'], []],
    [['embed', '--format', '=', 'n'], ['npy']],
  ] as typeof CASES)('completes %j with %j', (words, expected) => {
    expect(complete(words)).toEqual(expected);
  });

  test('takes the script as it is printed', () => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: script('bash'), encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe.runIf(has('zsh'))('zsh', () => {
  test('takes the script as it is printed', () => {
    const path = join(folder, 'holdfast.zsh');
    writeFileSync(path, script('zsh'));
    const program = 'compdef() { print -- "$@" }; source "$1"; whence -w _holdfast_models_export';
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', program, 'zsh', path], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['_holdfast holdfast\n_holdfast_models_export: function\n', '']);
  });
});

describe.runIf(has('fish'))('fish', () => {
  test.each(CASES)('completes %j with %j', (words, expected) => {
    const path = join(folder, 'holdfast.fish');
    writeFileSync(path, script('fish'));
    const line = ['holdfast', ...words].join(' ');
    const { stdout, stderr } = spawnSync(
      'fish',
      ['-N', '-c', 'source $argv[1]; complete -C $argv[2]', path, line],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    const found = stdout
      .split('\n')
      .filter(Boolean)
      .map((each) => each.split('\t')[0]!.replace(/\/$/, ''));
    expect(found.sort()).toEqual([...expected].sort());
  });
});
