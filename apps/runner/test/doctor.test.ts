import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { freshFolder } from './command.js';

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

/** The command with what it says as plain text. */
async function run(args: readonly string[], options: { uid?: number } = {}, flags: readonly string[] = []) {
  const child = spawn(process.execPath, [...flags, BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});

test('this machine: the CPU embeds, each provider has a line, and nothing is left', async () => {
  const { code, stdout, stderr } = await run(['doctor', '--out', folder]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^ok +cpu +works, /m);
  for (const topic of ['cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'])
    expect(stdout).toMatch(new RegExp(`^(ok|no) +${topic} +\\S`, 'm'));
  expect(stdout).toMatch(/^ok +locks /m);
  expect(stdout).toMatch(/Embedding on the CPU into .* is possible\.\n$/);
  expect(await readdir(folder)).toEqual([]);
});

test('--json is one object; a missing folder is not made', async () => {
  const { code, stdout } = await run(['doctor', '--json', '--out', join(folder, 'out')]);
  expect(code).toBe(0);
  const { ok, findings, facts } = JSON.parse(stdout);
  expect(ok).toBe(true);
  expect(findings.every(({ state }: { state: string }) => state !== 'problem')).toBe(true);
  expect(facts).toMatchObject({
    node: { version: process.versions.node },
    providers: expect.arrayContaining([expect.objectContaining({ name: 'cpu', state: 'works' })]),
    folder: { asked: join(folder, 'out'), probed: folder },
  });
  expect(facts.cores.usable).toBeGreaterThan(0);
  expect(facts.memory.total).toBeGreaterThan(facts.memory.available);
  expect(await readdir(folder)).toEqual([]);
});

test('a folder that refuses gives exit code 1 and the way out', async () => {
  const out = join(folder, 'out');
  await chmod(folder, 0o755);
  await mkdir(out, { mode: 0o555 });
  // Root may write anywhere.
  const uid = process.getuid?.() === 0 ? 65534 : undefined;
  const { code, stdout } = await run(['doctor', '--out', out], uid === undefined ? {} : { uid });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^problem +folder +.*EACCES.*\n +→ use another --out/m);
  expect(stdout).toMatch(/not possible: 1 problem/);
});

test.each([
  ['a link to nowhere', 'link', /link is a link to nowhere/],
  ['below a link to nowhere', 'link/out', /link is a link to nowhere/],
  ['below a file', 'file/out', /file is not a folder/],
])('a place where no folder can be made, %s: a finding and exit code 1', async (_what, name, says) => {
  await symlink('nowhere', join(folder, 'link'));
  await writeFile(join(folder, 'file'), '');
  const { code, stdout, stderr } = await run(['doctor', '--out', join(folder, name)]);
  expect([code, stderr]).toEqual([1, '']);
  expect(stdout).toMatch(/^problem +folder +\S.*\n +→ use another --out/m);
  expect(stdout).toMatch(says);
});

test('where ONNX Runtime cannot be loaded at all, one line says so', async () => {
  const hook = join(folder, 'hook.cjs');
  const thrown = "throw new Error('libm.so.6: version GLIBC_2.27 not found\\n(required by it)')";
  await writeFile(
    hook,
    `const load = require('module')._extensions['.node'];
    require('module')._extensions['.node'] = (module, file) => {
      if (file.includes('onnxruntime')) ${thrown};
      return load(module, file);
    };`,
  );
  const { code, stdout, stderr } = await run(['doctor'], {}, ['--require', hook]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^holdfast: cannot start on Node\.js v.*GLIBC_2\.27 not found\); onnxruntime-node has no build for this system [^\n]*\n$/,
  );
});

test('signals in the midst of it, two of them, leave nothing', async () => {
  const child = spawn(process.execPath, [BIN, 'doctor', '--out', folder], { stdio: 'ignore' });
  const made = new Promise<void>((resolve) => {
    const watcher = watch(folder, () => {
      watcher.close();
      resolve();
    });
  });
  await made;
  // Two of one kind may arrive as one.
  child.kill('SIGINT');
  child.kill('SIGTERM');
  const [code, signal] = await once(child, 'close');
  expect([130, 143]).toContain(code);
  expect(signal).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});
