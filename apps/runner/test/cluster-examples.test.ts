import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { digestOf, freshFolder, holdfast } from './command.js';

// The files that docs/clusters.md lists: those run whose engine is on this machine.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const EXAMPLES = at('../../../examples/clusters');
const MORE = ['--model', 'aac', '--shards', '6', '--batch-tokens', '2000'];

let folder: string;
let input: string;
let expected: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  folder = await freshFolder();
  input = join(folder, 'proteins.faa');
  const letters = 'ACDEFGHIKLMNPQRSTVWY';
  const protein = (i: number) =>
    Array.from({ length: 60 + (i % 90) }, (_, j) => letters[(i * j + i + (j % 7)) % 20]).join('');
  await writeFile(input, Array.from({ length: 200 }, (_, i) => `>p${i}\n${protein(i)}\n`).join(''));
  const out = join(folder, 'local');
  expect((await holdfast(['embed', input, '--out', out, ...MORE])).code).toBe(0);
  expected = await digestOf(out);
  // The examples call what is on the PATH.
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const command = join(bin, 'holdfast');
  await writeFile(command, `#!/bin/sh\nexec '${process.execPath}' '${at('../bin/holdfast.js')}' "$@"\n`);
  await chmod(command, 0o755);
  env = { ...process.env, PATH: [bin, dirname(process.execPath), process.env['PATH']].join(delimiter) };
});

const has = (program: string) => spawnSync(program, ['--version']).status === 0;

function run(program: string, args: string[], cwd = folder): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
}

test('three tasks by hand give the bytes of one machine', async () => {
  const out = join(folder, 'by-hand');
  run('bash', [join(EXAMPLES, 'by-hand.sh'), input, out, '3', ...MORE]);
  expect(await digestOf(out)).toBe(expected);
});

test.skipIf(!has('snakemake'))('two tasks by Snakemake give the bytes of one machine', async () => {
  const out = join(folder, 'snakemake');
  const config = [`input=${input}`, `out=${out}`, 'tasks=2', `options=${MORE.join(' ')}`];
  const cwd = join(folder, 'work');
  await mkdir(cwd);
  run('snakemake', ['-s', join(EXAMPLES, 'Snakefile'), '--cores', '2', '--config', ...config], cwd);
  expect(await digestOf(out)).toBe(expected);
});

test('every script is bash, every YAML is YAML, and the page says of every example whether it was run', async () => {
  const page = await readFile(at('../../../docs/clusters.md'), 'utf8');
  for (const name of await readdir(EXAMPLES)) {
    const path = join(EXAMPLES, name);
    if (name.endsWith('.sh')) execFileSync('bash', ['-n', path]);
    if (name.endsWith('.yaml'))
      expect(parse(await readFile(path, 'utf8'))).toMatchObject({ name: 'holdfast-work' });
    expect(page).toContain(`| [${name}](../examples/clusters/${name})`);
  }
});
