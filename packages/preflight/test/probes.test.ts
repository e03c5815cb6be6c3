import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOneLine } from '@holdfast/process';
import { beforeEach, describe, expect, test } from 'vitest';
import { cgroupLimits } from '../src/machine/cgroup.js';
import { closestCuda, gpusIn, LIBRARIES, librariesIn, librariesOf } from '../src/machine/cuda.js';
import { typeIn } from '../src/machine/file-system.js';
import { probeFolder } from '../src/machine/folder.js';
import { linkedCuda } from '../src/machine/linked-cuda.js';
import { tryProvider, tryProviders } from '../src/machine/providers.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});
const never = new AbortController().signal;

describe('control groups', () => {
  const limits = (files: Record<string, string>) => cgroupLimits(async (path) => files[path] ?? null);

  test('version 2: the narrowest of a group and those above it', async () => {
    const at = '/sys/fs/cgroup';
    expect(
      await limits({
        '/proc/self/cgroup': '0::/a.slice/job\n',
        [`${at}/a.slice/job/cpu.max`]: 'max 100000\n',
        [`${at}/a.slice/cpu.max`]: '250000 100000\n',
        [`${at}/a.slice/job/memory.max`]: '8589934592\n',
        [`${at}/a.slice/memory.max`]: '1073741824\n',
        [`${at}/memory.max`]: 'max\n',
      }),
    ).toEqual({ cpus: 2.5, memory: 1073741824 });
  });

  test('version 1: each controller in its own tree, -1 and the greatest number are no limit', async () => {
    const files = {
      '/proc/self/cgroup': '4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/x:y\n0::/\n',
      '/sys/fs/cgroup/memory/job/memory.limit_in_bytes': '2147483648\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us': '50000\n',
      '/sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us': '100000\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    };
    expect(await limits(files)).toEqual({ cpus: 0.5, memory: 2147483648 });
  });

  test('no groups, and groups that cannot be read, limit nothing', async () => {
    expect(await limits({})).toEqual({ cpus: null, memory: null });
    expect(await limits({ '/proc/self/cgroup': '0::/job\n4:memory:/\nnonsense\n' })).toEqual({
      cpus: null,
      memory: null,
    });
  });
});

test('the file system is that of the deepest mount, the last of several, with its octal escapes', () => {
  const mounts = [
    '22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
    '23 22 0:40 / /data rw shared:1 - nfs4 server:/x rw',
    '24 22 0:41 / /data/my\\040runs rw shared:1 master:2 - tmpfs tmpfs rw',
    '25 22 0:42 / /over rw - ext4 /dev/sdb rw',
    '26 22 0:43 / /over rw - overlay overlay rw',
    '',
  ].join('\n');
  const of = (path: string) => typeIn(mounts, path);
  expect(['/', '/database', '/data', '/data/x', '/data/my runs/out', '/over/a'].map(of)).toEqual([
    'ext4',
    'ext4',
    'nfs4',
    'nfs4',
    'tmpfs',
    'overlay',
  ]);
  expect(typeIn('', '/')).toBeNull();
});

test('GPUs as nvidia-smi lists them, and libraries as the loader knows them', () => {
  expect(gpusIn('NVIDIA H100 80GB HBM3, 81559\nTesla T4, with comma, 15360\n\n')).toEqual([
    { name: 'NVIDIA H100 80GB HBM3', memoryMiB: 81559 },
    { name: 'Tesla T4, with comma', memoryMiB: 15360 },
  ]);
  const cache =
    '2 libs found\n\tlibcudart.so.12 (libc6,x86-64) => /usr/lib/libcudart.so.12\n\tlibcuda.so (libc6) => /x\n';
  const found = librariesIn(cache, ['libcudnn.so.9', 'libcublas.so.11']).filter((library) => library.found);
  expect(found.map(({ name }) => name)).toEqual(['libcudart.so.12', 'libcudnn.so.9']);
  expect(librariesIn('', [])).toHaveLength(LIBRARIES.length);
});

test('the CUDA libraries looked for are those of the provider, or of the CUDA that is there', () => {
  const of = (names: string[], linked: number | null = null) => {
    const { version, libraries } = closestCuda('', names, linked);
    return [version, libraries.every(({ found }) => found)];
  };
  expect(of(librariesOf(13))).toEqual([13, true]);
  expect(of(librariesOf(12))).toEqual([12, true]);
  expect(of(librariesOf(12), 13)).toEqual([13, false]);
  expect(of([])).toEqual([13, false]);
  expect(librariesOf(13)).toContain('libcufft.so.12');
});

describe('the CUDA that a provider is linked with', () => {
  /** An ELF file of a header, the text of its names, and three sections. */
  const library = (names: string) => {
    const [text, sections] = [Buffer.from(`\0${names}\0`), Buffer.alloc(3 * 64)];
    const head = Buffer.alloc(64);
    head.write('\x7fELF', 'latin1');
    head.writeBigUInt64LE(BigInt(64 + text.length), 0x28);
    head.writeUInt16LE(64, 0x3a);
    head.writeUInt16LE(3, 0x3c);
    sections.writeUInt32LE(11, 64 + 4);
    sections.writeUInt32LE(2, 64 + 40);
    sections.writeBigUInt64LE(64n, 128 + 24);
    sections.writeBigUInt64LE(BigInt(text.length), 128 + 32);
    return Buffer.concat([head, text, sections]);
  };

  test.each<[string, Buffer, number | null]>([
    ['13', library('libcublasLt.so.13\0libcudart.so.13'), 13],
    ['none', library('libm.so.6'), null],
    ['no library', Buffer.from('libcudart.so.13'), null],
    ['a library cut short', library('libcudart.so.13').subarray(0, 70), null],
  ])('%s', async (_what, bytes, version) => {
    const path = join(folder, 'library');
    await writeFile(path, bytes);
    expect(await linkedCuda(path)).toBe(version);
  });

  test('none where there is no file', async () => {
    expect(await linkedCuda(join(folder, 'missing'))).toBeNull();
  });
});

test.each([
  [
    'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library',
    '2026 [E] Failed to load library /a/b/libp.so with error: libcudnn.so.9: cannot open shared object file: No such file or directory\n',
    'libcudnn.so.9: cannot open shared object file: No such file or directory',
  ],
  ['Failed to load shared library', '', 'Failed to load shared library'],
  [
    '/src/x.cc:136 f()::<lambda()> ok == Success was false. Failed to get\n an adapter\n',
    '',
    'Failed to get an adapter',
  ],
  [
    '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError; bool THRW = true; SUCCTYPE = cudaError; std::conditional_t<THRW, void, common::Status> = void] CUDA failure 101: invalid device ordinal ; GPU=0 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=345 ; expr=cudaSetDevice(info_.device_id); \n\n',
    '',
    'CUDA failure 101: invalid device ordinal',
  ],
  ['x'.repeat(500), '', `${'x'.repeat(200)}…`],
])('what a provider said becomes one line: %s', (message, stderr, line) => {
  expect(inOneLine(message, stderr)).toBe(line);
});

describe('trials', () => {
  const script = async (source: string) => {
    const path = join(folder, 'trial.mjs');
    await writeFile(path, source);
    return path;
  };

  test.each([
    [
      'one that works, after other output',
      "console.log('hello'); console.log(JSON.stringify({ problem: null }))",
      null,
    ],
    [
      'one that fails',
      "console.log(JSON.stringify({ problem: process.argv[2] + ' is\\nmissing' }))",
      'x is missing',
    ],
    [
      'one that crashes',
      "process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000)",
      'its process died of SIGSEGV',
    ],
    [
      'one that leaves',
      "console.error('bad ELF'); process.exit(3)",
      'its process exited without an answer (bad ELF)',
    ],
  ])('%s', async (_what, source, problem) => {
    expect(await tryProvider('x', never, await script(source))).toMatchObject({
      name: 'x',
      state: problem === null ? 'works' : 'fails',
      problem,
    });
  });

  test('a built-in model is named to the trial', async () => {
    const path = await script('console.log(JSON.stringify({ problem: process.argv[2] }))');
    expect((await tryProvider('cuda:0', never, path, 5000, undefined, 'tnf')).problem).toBe('cuda:0 tnf');
    expect((await tryProvider('cuda:0', never, path)).problem).toBe('cuda:0');
  });

  test('one that never answers is given up, and its process is gone', async () => {
    const path = await script(
      "import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[1] + '.pid', String(process.pid)); for (;;);",
    );
    expect(await tryProvider('x', never, path, 2000)).toMatchObject({
      state: 'fails',
      problem: 'no answer within 2 s while loading its packages',
    });
    const pid = Number(await readFile(`${path}.pid`, 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('a signal ends them with its reason', async () => {
    const reason = new Error('stop');
    await expect(tryProvider('x', AbortSignal.abort(reason), await script('for (;;);'))).rejects.toBe(reason);
  });

  test('what the build does not have is not tried', async () => {
    const facts = await tryProviders([], never);
    expect(facts.map(({ name }) => name)).toEqual(['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml']);
    expect(new Set(facts.map(({ state }) => state))).toEqual(new Set(['other_platform']));
  });
});

describe('folder', () => {
  test('one that is there: locks, room and speed, and nothing is left in it', async () => {
    const facts = await probeFolder(folder, never);
    expect(facts).toMatchObject({ asked: folder, probed: folder, refused: null, locks: null });
    expect(facts.freeBytes).toBeGreaterThan(0);
    expect(facts.speed!.bytesPerSecond).toBeGreaterThan(0);
    expect(facts.speed!.fsyncSeconds).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  test('one that is missing is not made; the folder above is looked at', async () => {
    const facts = await probeFolder(join(folder, 'a', 'b'), never);
    expect(facts).toMatchObject({ asked: join(folder, 'a', 'b'), probed: folder, refused: null });
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['a file', 'file', /file is not a folder$/],
    ['a place below a file', 'file/out', /file is not a folder$/],
    ['a place far below a file', 'file/a/b', /file is not a folder$/],
    ['a link to nowhere', 'link', /link is a link to nowhere, which does not exist$/],
    ['a place below a link to nowhere', 'link/a/b', /link is a link to nowhere, which does not exist$/],
    ['a link to itself', 'loop', /ELOOP/],
  ])('%s is refused, and says what is in the way', async (_what, name, says) => {
    await writeFile(join(folder, 'file'), '');
    await symlink('nowhere', join(folder, 'link'));
    await symlink('loop', join(folder, 'loop'));
    expect(await probeFolder(join(folder, name), never)).toMatchObject({
      refused: expect.stringMatching(says),
      speed: null,
    });
    expect((await readdir(folder)).sort()).toEqual(['file', 'link', 'loop']);
  });

  test('a link to a folder is that folder', async () => {
    await mkdir(join(folder, 'real'));
    await symlink('real', join(folder, 'link'));
    for (const name of ['link', 'link/out'])
      expect(await probeFolder(join(folder, name), never)).toMatchObject({
        probed: join(folder, 'link'),
        refused: null,
      });
  });

  test('a signal ends it with its reason, and nothing is left', async () => {
    const reason = new Error('stop');
    await mkdir(join(folder, 'out'));
    await expect(probeFolder(join(folder, 'out'), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await readdir(join(folder, 'out'))).toEqual([]);
  });
});
