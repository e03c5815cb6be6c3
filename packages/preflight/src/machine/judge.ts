import { NO_FOLDER_SYNC, systemTrouble } from '@holdfast/durable';
import { deviceRemedy } from '@holdfast/gpu-runtime';
import { limitRemedy } from '@holdfast/process';
import type { CudaFacts, Facts, FolderFacts, ProviderFact } from './facts.js';

/** `ok`; `no`: absent, and not needed; `note`: works, with a caveat; `problem`: embedding needs the remedy first. */
export type State = 'ok' | 'no' | 'note' | 'problem';

export interface Finding {
  topic: string;
  state: State;
  text: string;
  remedy?: string;
}

/** Older versions of Node lack features that the packages use. */
const LEAST_NODE = [20, 15] as const;

/** Bytes that a worker with a small model takes, and the coordinator too. */
const WORKER_BYTES = 256 * 1024 * 1024;

/** Less free space than this gets a note; bytes. */
const LITTLE_ROOM = 1024 ** 3;
/** A slower disk delays every checkpoint. */
const SLOW_BYTES_PER_SECOND = 50e6;
const SLOW_FSYNC_SECONDS = 0.1;

/** Judges the facts: one finding each, in the order they are printed. */
export function judge(facts: Facts): Finding[] {
  return [
    ofNode(facts.node),
    {
      topic: 'onnxruntime-node',
      state: 'ok',
      text: `${facts.onnxRuntime.version}, built for ${facts.onnxRuntime.providers.join(', ')}`,
    },
    ...facts.providers.map((provider) => ofProvider(provider, facts)),
    ofGpus(facts),
    ...ofCuda(facts),
    ofCores(facts.cores),
    ofMemory(facts),
    ...ofFolder(facts.folder),
  ];
}

/** Whether embedding on the CPU into the folder is possible. */
export const possible = (findings: readonly Finding[]): boolean =>
  findings.every(({ state }) => state !== 'problem');

function ofNode({ version, platform, arch }: Facts['node']): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const text = `${version} on ${platform} ${arch}`;
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]))
    return { topic: 'Node.js', state: 'ok', text };
  const remedy = `install Node.js ${LEAST_NODE.join('.')} or later`;
  return { topic: 'Node.js', state: 'problem', text, remedy };
}

function ofProvider({ name, state, problem, builtIn, took }: ProviderFact, { cuda, gpus }: Facts): Finding {
  if (state === 'works') {
    const text = `works, ${seconds(took / 1000)} including start-up`;
    if (builtIn === undefined) return { topic: name, state: 'ok', text };
    const remedy = 'for the built-in models choose --device cpu, or auto';
    return { topic: name, state: 'note', text: `${text}; not with the built-in models: ${builtIn}`, remedy };
  }
  if (state === 'other_platform')
    return { topic: name, state: 'no', text: 'not in the build for this platform' };
  const text = problem ?? 'gave no reason';
  if (name === 'cpu') {
    const remedy =
      limitRemedy(text) ??
      'reinstall the packages; if that does not help, onnxruntime-node has no build for this system';
    return { topic: name, state: 'problem', text, remedy };
  }
  const wanted = gpus.found.length > 0 ? gpuRemedy(name, text, cuda) : null;
  return { topic: name, state: 'no', text, ...(wanted && { remedy: wanted }) };
}

function gpuRemedy(name: string, problem: string, cuda: CudaFacts): string | null {
  if (name === 'webgpu') return deviceRemedy(name, problem) ?? null;
  // A provider that was loaded does not fail for a missing library.
  const loads = !/\.so\b|shared (object|library)/i.test(problem);
  return (name === 'cuda' || name === 'tensorrt') && !loads ? cudaRemedy(name, cuda) : null;
}

function cudaRemedy(name: string, { providerInstalled, libraries }: CudaFacts): string | null {
  if (providerInstalled === false) return 'install the CUDA provider, see below';
  const missing = libraries.filter(({ found }) => !found).map((library) => library.name);
  if (missing.length > 0)
    return `install the missing libraries (${missing.join(', ')}) where the loader finds them, or add their folder to LD_LIBRARY_PATH`;
  if (name === 'tensorrt') return 'install TensorRT 10 where the loader finds it, or use cuda instead';
  return null;
}

function ofGpus({ gpus: { found, problem } }: Facts): Finding {
  if (found.length === 0) return { topic: 'NVIDIA GPUs', state: 'no', text: problem ?? 'none' };
  const text = found.map(({ name, memoryMiB }) => `${name} (${memoryMiB} MiB)`).join(', ');
  return { topic: 'NVIDIA GPUs', state: 'ok', text };
}

function ofCuda({
  cuda: { providerInstalled, version = 12, libraries },
  gpus,
  onnxRuntime,
}: Facts): Finding[] {
  if (providerInstalled === null) return [];
  const provider: Finding = providerInstalled
    ? { topic: 'CUDA provider', state: 'ok', text: 'installed' }
    : {
        topic: 'CUDA provider',
        state: gpus.found.length > 0 ? 'note' : 'no',
        text: "not installed: the npm package's install script, which fetches it, did not run (this workspace skips it)",
        remedy: `for a GPU: ONNXRUNTIME_NODE_INSTALL=cuda12 node ${onnxRuntime.folder}/script/install.js`,
      };
  const missing = libraries.filter(({ found }) => !found).map(({ name }) => name);
  const found = libraries.filter(({ found }) => found).map(({ name }) => name);
  const text =
    missing.length === 0
      ? found.join(', ')
      : `not found: ${missing.join(', ')}${found.length > 0 ? `; found: ${found.join(', ')}` : ''}`;
  const wanted = missing.length > 0 && gpus.found.length > 0;
  return [
    provider,
    {
      topic: 'CUDA libraries',
      state: missing.length === 0 ? 'ok' : wanted ? 'note' : 'no',
      text,
      ...(wanted && { remedy: `for a GPU: install CUDA ${version} and cuDNN 9` }),
    },
  ];
}

function ofCores({ usable, quota }: Facts['cores']): Finding {
  const text = `${usable}${quota === null ? '' : `, and a cgroup grants the time of ${quota}`}`;
  if (quota === null || quota >= usable) return { topic: 'cores', state: 'ok', text };
  const remedy = `--workers ${Math.max(1, Math.floor(quota))} is enough`;
  return { topic: 'cores', state: 'note', text, remedy };
}

function ofMemory({ memory: { total, available, limit }, cores }: Facts): Finding {
  const text = `${size(available)} of ${size(total)} available${limit === null ? '' : `, and a cgroup allows ${size(limit)}`}`;
  const room = Math.min(available, limit ?? total);
  const workers = Math.floor(room / WORKER_BYTES) - 1;
  if (workers >= cores.usable) return { topic: 'memory', state: 'ok', text };
  const remedy = `use fewer workers: --workers ${Math.max(1, workers)} with a small model`;
  return { topic: 'memory', state: 'note', text, remedy };
}

/** The remedy for a folder. A passing failure needs no other folder. */
function folderRemedy(code: string | undefined): string {
  const trouble = code === undefined ? null : systemTrouble({ code });
  if (trouble?.passing) return `${trouble.remedy.write}, then run doctor again`;
  return `use another --out, or fix this one${trouble === null ? '' : `: ${trouble.remedy.write}`}`;
}

function ofFolder({
  asked,
  probed,
  fileSystem,
  freeBytes,
  refused,
  refusedBy,
  locks,
  syncsFolders = true,
  speed,
}: FolderFacts): Finding[] {
  const where = `${probed}${fileSystem === null ? '' : ` (${fileSystem})`}`;
  if (refused !== null) {
    return [
      {
        topic: 'folder',
        state: 'problem',
        text: `${where}: ${refused}`,
        remedy: folderRemedy(refusedBy),
      },
    ];
  }
  const missing = probed === asked ? '' : `; ${asked} would be created there`;
  const findings: Finding[] = [
    { topic: 'folder', state: 'ok', text: `${where} can be written to${missing}` },
  ];
  findings.push(
    locks === null
      ? { topic: 'locks', state: 'ok', text: 'work' }
      : {
          topic: 'locks',
          state: 'problem',
          text: locks,
          remedy: 'put --out on a local disk, or mount this one with locks',
        },
  );
  if (!syncsFolders) findings.push({ topic: 'folder sync', state: 'note', text: NO_FOLDER_SYNC });
  if (freeBytes !== null) {
    const little = freeBytes < LITTLE_ROOM;
    findings.push({
      topic: 'room',
      state: little ? 'note' : 'ok',
      text: `${size(freeBytes)} free`,
      ...(little && {
        remedy: 'a run stores the residues, and each row twice: 8 bytes per number; make room for that',
      }),
    });
  }
  if (speed !== null) {
    const { bytesPerSecond, fsyncSeconds } = speed;
    const slow = bytesPerSecond < SLOW_BYTES_PER_SECOND || fsyncSeconds > SLOW_FSYNC_SECONDS;
    findings.push({
      topic: 'disk speed',
      state: slow ? 'note' : 'ok',
      text: `${Math.round(bytesPerSecond / 1e6)} MB/s written and synced, an fsync takes ${seconds(fsyncSeconds)}`,
      ...(slow && {
        remedy: 'checkpoint less often (--seq-threshold, --time-threshold), or use a faster disk',
      }),
    });
  }
  return findings;
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

function size(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** step;
  return `${value < 10 && step > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[step]}`;
}

function seconds(value: number): string {
  if (value >= 1) return `${value.toFixed(1)} s`;
  return `${(value * 1000).toFixed(value < 0.01 ? 2 : 0)} ms`;
}
