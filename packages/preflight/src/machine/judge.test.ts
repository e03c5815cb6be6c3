import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIBRARIES } from './cuda.js';
import type { Facts } from './facts.js';
import { type Finding, judge, possible } from './judge.js';
import { reportLines } from './report.js';

const GIB = 1024 ** 3;
const libraries = (found: boolean) => LIBRARIES.map((name) => ({ name, found }));
const provider = (name: string, problem: string | null) =>
  ({ name, state: problem === null ? 'works' : 'fails', problem, took: 120 }) as const;

/** A machine with nothing to complain of, and no GPU. */
const plain: Facts = {
  node: { version: '20.20.2', platform: 'linux', arch: 'x64' },
  onnxRuntime: { version: '1.30.0', folder: '/pkg', providers: ['cpu', 'cuda'] },
  providers: [provider('cpu', null), provider('cuda', 'libx.so: cannot open shared object file')],
  cuda: { providerInstalled: false, libraries: libraries(false) },
  gpus: { found: [], problem: 'none: there is no nvidia-smi' },
  cores: { usable: 4, quota: null },
  memory: { total: 16 * GIB, available: 12 * GIB, limit: null },
  folder: {
    asked: '/data/out',
    probed: '/data/out',
    fileSystem: 'ext4',
    freeBytes: 500 * GIB,
    refused: null,
    locks: null,
    speed: { bytesPerSecond: 8e8, fsyncSeconds: 0.001 },
  },
};
const gpu = { found: [{ name: 'H100', memoryMiB: 81559 }], problem: null };
const find = (facts: Facts, topic: string) => judge(facts).find((finding) => finding.topic === topic);

test('a plain machine embeds on the CPU; what it lacks is told, and is no problem', () => {
  const findings = judge(plain);
  expect(possible(findings)).toBe(true);
  expect(findings.filter(({ state }) => state === 'note')).toEqual([]);
  expect(find(plain, 'cuda')).toEqual({
    topic: 'cuda',
    state: 'no',
    text: 'libx.so: cannot open shared object file',
  });
  expect(find(plain, 'CUDA provider')?.remedy).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 node /pkg/');
});

const broken: [what: string, facts: Partial<Facts>, topic: string, says: RegExp][] = [
  ['an old Node', { node: { ...plain.node, version: '20.14.9' } }, 'Node.js', /20\.15 or later/],
  ['a CPU provider that fails', { providers: [provider('cpu', 'no AVX')] }, 'cpu', /reinstall the packages/],
  ['a folder that refuses', { folder: { ...plain.folder, refused: 'EACCES' } }, 'folder', /another --out/],
  ['no locks', { folder: { ...plain.folder, locks: 'ENOLCK' } }, 'locks', /local disk/],
];

test.each(broken)('%s is a problem with a remedy', (_what, change, topic, remedy) => {
  const facts = { ...plain, ...change };
  expect(possible(judge(facts))).toBe(false);
  expect(find(facts, topic)).toMatchObject({ state: 'problem', remedy: expect.stringMatching(remedy) });
});

test('later Node versions are no problem', () => {
  for (const version of ['20.15.0', '20.100.0', '22.0.0', '100.1.0'])
    expect(find({ ...plain, node: { ...plain.node, version } }, 'Node.js')?.state).toBe('ok');
});

test('with a GPU, what keeps it from being used has a remedy, one after the other', () => {
  const without = { ...plain, gpus: gpu };
  expect(find(without, 'NVIDIA GPUs')).toMatchObject({ state: 'ok', text: 'H100 (81559 MiB)' });
  expect(find(without, 'cuda')?.remedy).toMatch(/CUDA provider/);
  expect(find(without, 'CUDA provider')?.state).toBe('note');
  const installed = { ...without, cuda: { ...plain.cuda, providerInstalled: true } };
  expect(find(installed, 'cuda')?.remedy).toMatch(/libcudnn\.so\.9.*LD_LIBRARY_PATH/);
  expect(find(installed, 'CUDA libraries')).toMatchObject({
    state: 'note',
    remedy: expect.stringMatching(/cuDNN 9/),
  });
  const whole = { ...installed, cuda: { providerInstalled: true, libraries: libraries(true) } };
  expect(find(whole, 'cuda')).not.toHaveProperty('remedy');
  const works = { ...whole, providers: [provider('cpu', null), provider('cuda', null)] };
  expect(find(works, 'cuda')).toMatchObject({ state: 'ok', text: 'works, 120 ms including start-up' });
  expect(judge(works).every(({ state }) => state === 'ok')).toBe(true);
  // No GPU is needed, so nothing of all that is a problem.
  for (const facts of [without, installed, whole, works]) expect(possible(judge(facts))).toBe(true);
});

test('libraries that are not there are no remedy for a provider that has been loaded', () => {
  const says = (name: string, problem: string) =>
    find(
      {
        ...plain,
        gpus: gpu,
        cuda: { providerInstalled: true, version: 13, libraries: libraries(false) },
        providers: [provider('cpu', null), provider(name, problem)],
      },
      name,
    )?.remedy;
  expect(says('cuda', 'libcudart.so.13: cannot open shared object file')).toMatch(
    /install the missing libraries/,
  );
  expect(says('cuda', 'it computes wrong numbers: shares that add up to 0')).toBeUndefined();
  expect(says('cuda', 'CUDA failure 101: invalid device ordinal')).toBeUndefined();
  if (process.platform === 'linux')
    expect(says('webgpu', 'Failed to get a WebGPU adapter: No supported adapters')).toMatch(/libvulkan1/);
});

test('a device that computes the built-in models wrong is noted', () => {
  const wrong = { ...provider('cuda', null), builtIn: 'it computes wrong numbers: shares that add up to 0' };
  const facts = { ...plain, providers: [provider('cpu', null), wrong] };
  expect(find(facts, 'cuda')).toMatchObject({
    state: 'note',
    text: expect.stringMatching(/^works, .*; not with the built-in models: it computes wrong numbers/),
    remedy: expect.stringContaining('--device cpu'),
  });
  expect(possible(judge(facts))).toBe(true);
});

test('the CUDA to install is that of the provider', () => {
  const cuda = { providerInstalled: true, version: 13, libraries: libraries(false) };
  expect(find({ ...plain, gpus: gpu, cuda }, 'CUDA libraries')?.remedy).toBe(
    'for a GPU: install CUDA 13 and cuDNN 9',
  );
});

test('a platform that has no CUDA provider hears nothing of it', () => {
  const facts = { ...plain, cuda: { providerInstalled: null, libraries: [] } };
  expect(judge(facts).filter(({ topic }) => topic.startsWith('CUDA'))).toEqual([]);
});

test('limits of a control group make a note where they bind', () => {
  const cores = (usable: number, quota: number | null) =>
    find({ ...plain, cores: { usable, quota } }, 'cores');
  expect(cores(8, 8)?.state).toBe('ok');
  expect(cores(8, 2.5)).toMatchObject({ state: 'note', remedy: '--workers 2 is enough' });
  expect(cores(8, 0.5)?.remedy).toBe('--workers 1 is enough');
  const memory = (limit: number | null, available = 12 * GIB) =>
    find({ ...plain, memory: { total: 16 * GIB, available, limit } }, 'memory');
  expect(memory(8 * GIB)).toMatchObject({
    state: 'ok',
    text: '12 GiB of 16 GiB available, and a cgroup allows 8.0 GiB',
  });
  expect(memory(GIB)).toMatchObject({ state: 'note', remedy: expect.stringContaining('--workers 3') });
  expect(memory(null, 1000)?.remedy).toContain('--workers 1 ');
});

test('little room, a slow disk and a folder that is yet to be made are told', () => {
  const folder = { ...plain.folder, probed: '/data', freeBytes: 100 * 1024 * 1024 };
  const slow = { ...folder, speed: { bytesPerSecond: 4e6, fsyncSeconds: 0.25 } };
  const facts = { ...plain, folder: slow };
  expect(find(facts, 'folder')?.text).toBe(
    '/data (ext4) can be written to; /data/out would be created there',
  );
  expect(find(facts, 'room')).toMatchObject({ state: 'note', text: '100 MiB free' });
  expect(find(facts, 'disk speed')).toMatchObject({
    state: 'note',
    text: '4 MB/s written and synced, an fsync takes 250 ms',
    remedy: expect.stringContaining('--time-threshold'),
  });
  expect(possible(judge(facts))).toBe(true);
});

test('whatever the facts, each problem has a remedy, and each finding is one line that steers no terminal', () => {
  const text = fc.string({ unit: 'binary' });
  const facts = fc.record({
    node: fc.record({ version: text, platform: text, arch: text }),
    problem: fc.option(text),
    refused: fc.option(text),
    locks: fc.option(text),
    installed: fc.option(fc.boolean()),
    gpu: fc.option(text),
    limit: fc.option(fc.nat()),
    bytes: fc.nat(),
  });
  fc.assert(
    fc.property(facts, ({ node, problem, refused, locks, installed, gpu, limit, bytes }) => {
      const findings = judge({
        ...plain,
        node,
        providers: [provider('cpu', problem)],
        cuda: { providerInstalled: installed, libraries: libraries(false) },
        gpus: { found: gpu === null ? [] : [{ name: gpu, memoryMiB: 1 }], problem: gpu },
        memory: { total: bytes, available: bytes, limit },
        folder: { ...plain.folder, refused, locks, freeBytes: bytes },
      });
      const problems = findings.filter(({ state }) => state === 'problem');
      expect(problems.every(({ remedy }) => remedy !== undefined && remedy.length > 10)).toBe(true);
      const lines = reportLines(findings, '/out');
      const remedies = findings.filter(({ remedy }) => remedy !== undefined);
      expect(lines).toHaveLength(findings.length + remedies.length + 2);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
  );
});

test('the report ends with the verdict', () => {
  const problem: Finding = { topic: 'locks', state: 'problem', text: 'ENOLCK', remedy: 'another disk' };
  expect(reportLines(judge(plain), '/data/out').at(-1)).toBe(
    'Embedding on the CPU into /data/out is possible.',
  );
  const lines = reportLines([problem, { topic: 'room', state: 'ok', text: '1 GiB' }], 'o');
  expect(lines).toEqual([
    'problem  locks  ENOLCK',
    '                → another disk',
    'ok       room   1 GiB',
    '',
    'Embedding into o is not possible: 1 problem, see above.',
  ]);
});

test.each([
  ['EACCES', /^use another --out, or fix this one: let this user write there/],
  ['ESTALE', /^check the network mount, then run doctor again$/],
  ['ENOSPC', /^make room there, then run doctor again$/],
  [undefined, /^use another --out, or fix this one$/],
])('the remedy for a folder that refuses fits the cause: %s', (refusedBy, remedy) => {
  const folder = { ...plain.folder, refused: 'no', ...(refusedBy === undefined ? {} : { refusedBy }) };
  expect(find({ ...plain, folder }, 'folder')?.remedy).toMatch(remedy);
});

test('a file system that cannot sync folders is a note, not a problem', () => {
  const facts = { ...plain, folder: { ...plain.folder, syncsFolders: false } };
  expect(find(facts, 'folder sync')).toMatchObject({
    state: 'note',
    text: expect.stringContaining('power cut'),
  });
  expect(possible(judge(facts))).toBe(true);
  expect(find(plain, 'folder sync')).toBeUndefined();
});
